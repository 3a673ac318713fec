import { signatureHeaders, updateConnectorAnswer } from "../../../../contracts/api/connectors.ts";
import { updateConnector } from "../../../services/connectors/publish.ts";
import type { DocumentBody } from "../../endpoint.ts";
import { ofConnector } from "./both-families.ts";

export const update = ofConnector<undefined, DocumentBody>(
  "",
  {
    method: "put",
    tag: "connectors",
    summary: "Publish a higher version of a connector",
    scope: "connectors:write",
    body: { kind: "document" },
    requestHeaders: signatureHeaders,
    answers: { 200: { description: "Updated", schema: updateConnectorAnswer } },
    refusals: ["NOT_FOUND", "CONFLICT"],
  },
  async (slug, { context, body, header }) => {
    const updated = await updateConnector(context, slug, { ...body, signature: header("connector-signature") });
    return updated.ok ? { status: 200, body: { status: "updated", ...updated.value } } : updated;
  },
);
