import { signatureAnswer } from "../../../../contracts/api/connectors.ts";
import { signatureOf } from "../../../services/connectors/signature-of.ts";
import { ofVersion } from "./both-families.ts";

export const signature = ofVersion(
  "/signature",
  {
    method: "get",
    tag: "connectors",
    summary: "Check a version's signature",
    description: "With `…/schema`, which gives the bytes that were signed, everything to check it offline.",
    scope: "connectors:read",
    answers: { 200: { description: "Checksums, key and signature", schema: signatureAnswer } },
    refusals: ["NOT_FOUND"],
  },
  async (slug, version, { context }) => {
    const found = await signatureOf(context, slug, version);
    return found.ok ? { status: 200, body: found.value } : found;
  },
);
