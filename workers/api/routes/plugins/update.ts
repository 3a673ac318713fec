import { updateConnectorAnswer } from "../../../../contracts/api/connectors.ts";
import { updateConnector } from "../../../services/connectors/publish.ts";
import { documentEndpoint } from "../../endpoint.ts";
import { slugParams } from "../path-params.ts";

export const update = documentEndpoint({
  method: "put",
  path: "/plugins/{slug}",
  tag: "connectors",
  summary: "Publish a higher version of a connector",
  scope: "connectors:write",
  params: slugParams,
  body: { kind: "document" },
  answers: { 200: { description: "Updated", schema: updateConnectorAnswer } },
  refusals: ["NOT_FOUND", "CONFLICT"],
  async handle({ context, params, body }) {
    const updated = await updateConnector(context, params.slug, body.text, body.format);
    return updated.ok ? { status: 200, body: { status: "updated", ...updated.value } } : updated;
  },
});
