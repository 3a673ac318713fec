import type { ExecutionEvent } from "../../contracts/execution-event.ts";
import { TERMINAL_EVENTS } from "../../contracts/execution-event.ts";
import type { FeedItem } from "../../contracts/feed-rpc.ts";
import type { JsonObject } from "../../engine/json.ts";

/** One payload, for one or more deliveries. */
export interface Message {
  kind: "event" | "callback" | "test" | "notice";
  webhookId: string;
  type: string;
  /** What it tells of; a repeat of (execution, event, kind) is no new message. */
  execution: string | null;
  event: number | null;
  body: string;
}

/** A payload beyond it is sent without its data: the receiver reads them from the API. */
const MOST_BODY_BYTES = 262_144;
/** Of a callback, which is all that its receiver asked for: what a start may carry, and what a step may give. */
const MOST_CALLBACK_BYTES = 1_500_000;

/** A terminal event happens once in a run attempt; others of the same type may happen again, so their sequence stands behind. */
function webhookIdOf({ executionId, runAttempt }: FeedItem, { id, type }: ExecutionEvent): string {
  const name = `${executionId}:${runAttempt}:${type}`;
  return TERMINAL_EVENTS.has(type) ? name : `${name}:${id}`;
}

function fits(text: string, most: number): boolean {
  return text.length <= most / 3 || (text.length <= most && new TextEncoder().encode(text).length <= most);
}

/** What endpoints get: the event itself, as every transport carries it (section 12). */
export function eventMessage(item: FeedItem, event: ExecutionEvent): Message {
  const whole = JSON.stringify(event);
  const body = fits(whole, MOST_BODY_BYTES) ? whole : JSON.stringify({ ...event, data: {}, truncated: true });
  return {
    kind: "event",
    webhookId: webhookIdOf(item, event),
    type: event.type,
    execution: item.executionId,
    event: event.id,
    body,
  };
}

/** What a `callback_url` gets: how the execution ended (section 11). */
export function callbackMessage(item: FeedItem, event: ExecutionEvent): Message {
  const { outputs, stop_reason, error } = event.data;
  const head: JsonObject = { execution_id: item.executionId, status: event.type.slice("workflow.".length) };
  const tail: JsonObject = {
    run_attempt: item.runAttempt,
    workflow: { name: item.workflow.name, version: item.workflow.version, slug: item.workflow.slug },
    finished_at: event.timestamp,
  };
  const result: JsonObject = { outputs: outputs ?? {}, ...(stop_reason === undefined ? {} : { stop_reason }) };
  const outcome: JsonObject = error === undefined ? { result } : { error };
  const whole = JSON.stringify({ ...head, ...outcome, ...tail });
  const cut = (): string => JSON.stringify({ ...head, result: { outputs: {} }, truncated: true, ...tail });
  return {
    kind: "callback",
    webhookId: webhookIdOf(item, event),
    type: event.type,
    execution: item.executionId,
    event: event.id,
    body: fits(whole, MOST_CALLBACK_BYTES) ? whole : cut(),
  };
}

/** What tells of no execution: a test, or that an endpoint was disabled. */
export function otherMessage(kind: "test" | "notice", id: string, type: string, at: number, data: JsonObject): Message {
  const body = JSON.stringify({ type, timestamp: new Date(at).toISOString(), data });
  return { kind, webhookId: id, type, execution: null, event: null, body };
}
