import { streamQuery } from "../../../../contracts/api/streams.ts";
import { failure } from "../../../../contracts/errors.ts";
import { leaseStream } from "../../../services/streams/stream-lease.ts";
import { openStream } from "../../../services/streams/open-stream.ts";
import { endpoint } from "../../endpoint.ts";
import { clientSocket } from "../../streams/client-socket.ts";
import { refuseGrant } from "../../streams/refuse-grant.ts";
import { idParams } from "../path-params.ts";

export const executionStream = endpoint({
  method: "get",
  path: "/workflows/executions/{id}/stream",
  tag: "executions",
  summary: "Follow and steer an execution over a WebSocket",
  description:
    'The events of `…/events` as JSON text, one a message. The client may say `{"type": "resume", "after": n}`, `{"type": "ack", "id": n}`, and, with the scope `executions:write`, `cancel`, `event` and `message` as the routes of these names take them. Closed with 1000 at the end of the execution, 1012 or 1013 when it is to come back with `after`, 4401 when the key was revoked. Also takes a stream token as `token`.',
  scope: "executions:read",
  byToken: true,
  params: idParams,
  query: streamQuery,
  answers: { 101: { description: "A WebSocket" } },
  refusals: ["NOT_FOUND", "RATE_LIMITED"],
  async handle({ context, params: { id }, query: { after = 0, types, step, acks }, header, access }) {
    const refused = refuseGrant(access.grant, id);
    if (refused !== undefined) return refused;
    if (header("upgrade")?.toLowerCase() !== "websocket")
      return { ...failure("VALIDATION", "This path is a WebSocket: ask for an upgrade."), status: 426 };
    const wish = { after, types, step, grantedTypes: access.grant?.types ?? null };
    const held = await leaseStream(context, id);
    if (!held.ok) return held;
    const stream = await held.value.during(openStream(context, id, wish));
    if (!stream.ok) {
      held.value.end();
      return stream;
    }
    return clientSocket(
      { context, executionId: id, wish, access, acknowledges: acks === "true", held: held.value },
      stream.value,
    );
  },
});
