import { signingSecret } from "../../../../contracts/api/services.ts";
import { readSigningSecret } from "../../../services/registration/signing-secret.ts";
import { ofConnector } from "../plugins/both-families.ts";

export const getSigningSecret = ofConnector(
  "/signing-secret",
  {
    method: "get",
    tag: "services",
    summary: "Get the secret that signs calls to a connector's service",
    description: "Of your tenant and environment; made when it is first asked for or needed.",
    scope: "connectors:write",
    answers: { 200: { description: "The secret", schema: signingSecret } },
    refusals: ["NOT_FOUND"],
  },
  async (slug, { context }) => {
    const read = await readSigningSecret(context, slug);
    return read.ok ? { status: 200, body: read.value } : read;
  },
);
