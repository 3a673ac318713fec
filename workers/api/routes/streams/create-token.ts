import { streamToken, streamTokenBody } from "../../../../contracts/api/streams.ts";
import { createStreamToken } from "../../../services/streams/create-token.ts";
import { endpoint } from "../../endpoint.ts";

export const createStreamTokenRoute = endpoint({
  method: "post",
  path: "/streams/tokens",
  tag: "streams",
  summary: "Create a token for a browser's stream",
  description:
    "Stands as `?token=` in the URL of a stream, where an EventSource or a browser's WebSocket can send no header. It opens streams for a minute, or for as long as `ttl` says, ends with the key that asked for it, and can do nothing else.",
  scope: "executions:read",
  body: { kind: "json", schema: streamTokenBody, optional: true },
  answers: { 201: { description: "The token", schema: streamToken } },
  refusals: ["NOT_FOUND"],
  async handle({ context, body }) {
    const created = await createStreamToken(context, body);
    return created.ok ? { status: 201, body: created.value } : created;
  },
});
