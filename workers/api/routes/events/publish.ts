import { keyedEventBody, publishedEvent } from "../../../../contracts/api/keyed-events.ts";
import { publishEvent } from "../../../services/events/publish.ts";
import { endpoint } from "../../endpoint.ts";

/** Services are called with it, and pass it on when they publish: a chain of event triggers ends at 16. */
const PUBLISHER = "x-smartify-execution-id";

export const publish = endpoint({
  method: "post",
  path: "/events",
  tag: "events",
  summary: "Publish an event",
  description:
    "With a key: every execution that waits for the event and its key gets it once. When none does, it is kept for the first that comes, at most 10,000 of them: one more is 429. Events of one key come in the order in which they were published. Without a key: every active event trigger of its name whose source and filter fit starts its workflow. Events that lead to one another, by the header `X-Smartify-Execution-Id` that services are called with, end after 16.",
  scope: "executions:write",
  body: { kind: "json", schema: keyedEventBody },
  answers: { 202: { description: "It is stored", schema: publishedEvent } },
  refusals: ["RATE_LIMITED"],
  async handle({ context, body, header }) {
    const published = await publishEvent(context, body, header(PUBLISHER));
    return published.ok ? { status: 202, body: published.value } : published;
  },
});
