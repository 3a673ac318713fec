import type { EngineEvent } from "../engine/run/types.ts";

/** Types of events that a filter may name (section 12); others may come and pass only where nothing is filtered. */
export const EVENT_TYPES = [
  "workflow.queued",
  "workflow.started",
  "workflow.waiting",
  "workflow.paused",
  "workflow.resumed",
  "workflow.stopping",
  "workflow.compensating",
  "workflow.retried",
  "workflow.migrated",
  "workflow.completed",
  "workflow.failed",
  "workflow.canceled",
  "workflow.timed_out",
  "step.queued",
  "step.started",
  "step.waiting",
  "step.progress",
  "step.pending",
  "step.heartbeat",
  "step.retrying",
  "step.linked",
  "step.kept",
  "step.completed",
  "step.failed",
  "step.skipped",
  "step.canceled",
  "step.compensating",
  "step.compensated",
  "block.entered",
  "iteration.started",
  "node.idle",
  "signal.received",
  "message.accepted",
  "message.dropped",
  "message.held",
  "approval.decided",
  "act.noted",
  "log",
] as const;

type Unlisted = Exclude<EngineEvent["type"], (typeof EVENT_TYPES)[number]>;
/** Fails to compile when the engine records a type that stands not above. */
true satisfies [Unlisted] extends [never] ? true : never;

const KNOWN: ReadonlySet<string> = new Set([
  ...EVENT_TYPES,
  ...EVENT_TYPES.filter((type) => type.includes(".")).map((type) => `${type.slice(0, type.indexOf("."))}.*`),
]);

/** True for a type, or for a family of them such as `step.*`. */
export function isEventFilter(text: string): boolean {
  return KNOWN.has(text);
}

/** True when one of `filters` names the type, exactly or by its family. */
export function isWantedType(filters: readonly string[], type: string): boolean {
  return filters.some(
    (filter) => filter === type || (filter.endsWith(".*") && type.startsWith(filter.slice(0, filter.length - 1))),
  );
}

/** Of no execution: a webhook endpoint was disabled by the platform. Other endpoints may subscribe to it. */
export const ENDPOINT_DISABLED = "endpoint.disabled";

/** What `POST /webhooks/endpoints/{id}/test` sends. Nobody subscribes to it. */
export const WEBHOOK_TEST = "webhook.test";

/** Whether one of the subscriptions means this type: `step.failed` itself, `step.*` its family, `*` every one. */
export function isSubscribed(subscriptions: readonly string[], type: string): boolean {
  return subscriptions.includes("*") || isWantedType(subscriptions, type);
}

/** Whether an endpoint may subscribe to it: `*`, a type, or a family of them. */
export function isSubscription(text: string): boolean {
  return text === "*" || text === ENDPOINT_DISABLED || text === "endpoint.*" || isEventFilter(text);
}

/** The types of executions' events that some of the subscriptions mean. */
export function typesOf(subscriptions: readonly string[]): "all" | string[] {
  if (subscriptions.includes("*")) return "all";
  return EVENT_TYPES.filter((type) => isSubscribed(subscriptions, type));
}
