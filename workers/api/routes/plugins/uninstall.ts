import { installAnswer } from "../../../../contracts/api/connectors.ts";
import { removeConnector } from "../../../services/connectors/install.ts";
import { endpoint } from "../../endpoint.ts";
import { slugParams } from "../path-params.ts";

export const uninstall = endpoint({
  method: "delete",
  path: "/plugins/{slug}/install",
  tag: "connectors",
  summary: "Remove a connector's installation",
  scope: "connectors:write",
  params: slugParams,
  answers: { 200: { description: "Removed", schema: installAnswer } },
  refusals: ["NOT_FOUND", "CONFLICT"],
  async handle({ context, params }) {
    const removed = await removeConnector(context, params.slug);
    return removed.ok ? { status: 200, body: removed.value } : removed;
  },
});
