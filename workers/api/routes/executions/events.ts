import { eventPage, eventsQuery } from "../../../../contracts/api/streams.ts";
import { wantsLine } from "../../../services/streams/event-selection.ts";
import { followLog } from "../../../services/streams/follow-log.ts";
import { leaseStream } from "../../../services/streams/stream-lease.ts";
import { openStream } from "../../../services/streams/open-stream.ts";
import { pollLog } from "../../../services/streams/poll-log.ts";
import { endpoint } from "../../endpoint.ts";
import { lastEventId } from "../../streams/last-event-id.ts";
import { refuseGrant } from "../../streams/refuse-grant.ts";
import { sseLines } from "../../streams/sse-lines.ts";
import { sseResponse } from "../../streams/sse-response.ts";
import { whenAborted } from "../../streams/when-aborted.ts";
import { whileAllowed } from "../../streams/while-allowed.ts";
import { idParams } from "../path-params.ts";

function wantsPage(accept = ""): boolean {
  return accept.includes("application/json") && !accept.includes("text/event-stream");
}

export const executionEvents = endpoint({
  method: "get",
  path: "/workflows/executions/{id}/events",
  tag: "executions",
  summary: "Follow the events of an execution",
  description:
    "Server-Sent Events: `id` is the event's sequence, `event` its type, `data` the event. `Last-Event-ID`, or `after`, goes on behind an event with nothing lost or repeated; a number that is no event of this execution is refused. The stream closes after the execution's end, and answers 204 to who comes back. With `wait`, or `Accept: application/json`, one page of the log instead. Also takes a stream token as `token`.",
  scope: "executions:read",
  byToken: true,
  params: idParams,
  query: eventsQuery,
  answers: {
    200: {
      description: "`text/event-stream`, or a page of the log",
      schema: eventPage,
      texts: { "text/event-stream": "Events as frames of SSE." },
    },
    204: { description: "The execution is over, and there is nothing after that event" },
  },
  refusals: ["NOT_FOUND", "RATE_LIMITED"],
  async handle({ context, params: { id }, query, header, request, access }) {
    const after = lastEventId(header("last-event-id"), query.after);
    if (!after.ok) return after;
    const refused = refuseGrant(access.grant, id);
    if (refused !== undefined) return refused;
    const { types, step, wait } = query;
    const wish = { after: after.value, types, step, grantedTypes: access.grant?.types ?? null };
    if (wait !== undefined || wantsPage(header("accept"))) {
      const page = await pollLog(context, id, wish, (wait ?? 0) * 1_000);
      if (!page.ok) return page;
      const { events: data, last, ended } = page.value;
      return { status: 200, body: { data, last, ended } };
    }
    const held = await leaseStream(context, id);
    if (!held.ok) return held;
    const stream = await held.value.during(openStream(context, id, wish));
    if (!stream.ok || stream.value.over) held.value.end();
    if (!stream.ok) return stream;
    const { selection, over } = stream.value;
    if (over) return { status: 204 };
    return sseResponse(context.ports, { gone: request.signal }, async (sink) => {
      const signal = whileAllowed(access, sink.signal);
      whenAborted(sink.signal, held.value.end);
      for await (const lines of followLog(context, stream.value, signal)) {
        if (!(await sink.send(sseLines(lines, (line) => wantsLine(selection, line))))) return;
      }
    });
  },
});
