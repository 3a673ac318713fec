import { connectLinkView, createConnectLinkBody } from "../../../../contracts/api/connections.ts";
import { createConnectLink } from "../../../services/connections/connect-links.ts";
import { endpoint } from "../../endpoint.ts";

export const createConnectLinkRoute = endpoint({
  method: "post",
  path: "/connections/links",
  tag: "connections",
  scope: "connections:write",
  summary: "Make a connect link",
  description: "A one-time address where a person without a key connects a service, for an end user of yours.",
  body: { kind: "json", schema: createConnectLinkBody },
  answers: { 201: { description: "The link", schema: connectLinkView } },
  async handle({ context, body }) {
    const link = await createConnectLink(context, body);
    return link.ok ? { status: 201, body: link.value } : link;
  },
});
