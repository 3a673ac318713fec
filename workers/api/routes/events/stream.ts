import { feedStreamQuery } from "../../../../contracts/api/streams.ts";
import { followFeed } from "../../../services/streams/follow-feed.ts";
import { leaseStream } from "../../../services/streams/stream-lease.ts";
import { openFeed } from "../../../services/streams/open-feed.ts";
import { endpoint } from "../../endpoint.ts";
import { feedFrames } from "../../streams/feed-frames.ts";
import { refuseGrant } from "../../streams/refuse-grant.ts";
import { sseResponse } from "../../streams/sse-response.ts";
import { whenAborted } from "../../streams/when-aborted.ts";
import { whileAllowed } from "../../streams/while-allowed.ts";

export const eventsStream = endpoint({
  method: "get",
  path: "/events/stream",
  tag: "events",
  summary: "Follow the events of all executions",
  description:
    "Server-Sent Events: `id` is an opaque cursor, `event` the event's type, `data` the event. `Last-Event-ID`, or `after`, goes on behind an event: at least once, in order within an execution, in no order across executions. Events are kept for a day while somebody reads; where some were not, an event `stream.gap` says so. Also takes a stream token as `token`.",
  scope: "executions:read",
  byToken: true,
  query: feedStreamQuery,
  answers: { 200: { description: "`text/event-stream`", texts: { "text/event-stream": "Events as frames of SSE." } } },
  refusals: ["NOT_FOUND", "RATE_LIMITED"],
  async handle({ context, query, header, request, access }) {
    const refused = refuseGrant(access.grant, null);
    if (refused !== undefined) return refused;
    const { types, workflow, execution: executionId } = query;
    const after = header("last-event-id") || query.after;
    const grantedTypes = access.grant?.types ?? null;
    const held = await leaseStream(context);
    if (!held.ok) return held;
    const opened = await held.value.during(openFeed(context, { after, types, grantedTypes, workflow, executionId }));
    if (!opened.ok) {
      held.value.end();
      return opened;
    }
    return sseResponse(context.ports, { gone: request.signal }, async (sink) => {
      const signal = whileAllowed(access, sink.signal);
      whenAborted(sink.signal, held.value.end);
      for await (const page of followFeed(context, opened.value, signal)) {
        if (!(await sink.send(feedFrames(page)))) return;
      }
    });
  },
});
