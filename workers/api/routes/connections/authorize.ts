import { connectLinkView } from "../../../../contracts/api/connections.ts";
import { authorizeConnection } from "../../../services/connections/connect-links.ts";
import { endpoint } from "../../endpoint.ts";
import { idParams } from "../path-params.ts";

export const authorizeConnectionRoute = endpoint({
  method: "post",
  path: "/connections/{id}/authorize",
  tag: "connections",
  scope: "connections:write",
  summary: "Start an OAuth authorization",
  description: "Answers a link that somebody opens in a browser: it leads to the provider, and ends soon.",
  params: idParams,
  answers: { 201: { description: "Where the browser goes", schema: connectLinkView } },
  refusals: ["NOT_FOUND", "CONFLICT"],
  async handle({ context, params }) {
    const link = await authorizeConnection(context, params.id);
    return link.ok ? { status: 201, body: link.value } : link;
  },
});
