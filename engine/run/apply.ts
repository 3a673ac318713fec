import type { Plan } from "../plan/types.ts";
import { GRAPH_EVENTS } from "./apply-graph.ts";
import { RETRY_EVENTS } from "./apply-retry.ts";
import { RUN_EVENTS } from "./apply-run.ts";
import { STEP_EVENTS } from "./apply-step.ts";
import type { EventHandlers } from "./event-handlers.ts";
import { newRun } from "./new-run.ts";
import type { RunState } from "./state.ts";
import type { EngineEvent, RunIdentity, StampedEvent } from "./types.ts";

const HANDLERS: EventHandlers<EngineEvent["type"]> = {
  ...RUN_EVENTS,
  ...RETRY_EVENTS,
  ...STEP_EVENTS,
  ...GRAPH_EVENTS,
};

/** The state after `events`: what a restart does. It evaluates nothing, so it always agrees with what was lived. */
export function fold(plan: Plan, identity: RunIdentity, events: Iterable<StampedEvent>): RunState {
  const state = newRun(identity);
  for (const event of events) apply(plan, state, event);
  return state;
}

/** Events that leave a waiting run as it is. */
const QUIET: ReadonlySet<StampedEvent["type"]> = new Set([
  "log",
  "step.progress",
  "step.pending",
  "step.heartbeat",
  "step.linked",
  "signal.received",
  "workflow.waiting",
  "workflow.migrated",
  "act.noted",
]);

/** Advances `state` by one event, in place. */
export function apply(plan: Plan, state: RunState, event: StampedEvent): void {
  state.seq = event.seq;
  state.at = event.at;
  if (state.status === "waiting" && !QUIET.has(event.type)) state.status = "running";
  if ("act" in event && event.act) state.acts.set(event.act.key, event.act.body);
  handlerOf(event)(state, event, plan);
}

/** The table's own type says that a handler takes the events of its key. */
function handlerOf({ type }: StampedEvent): (state: RunState, event: StampedEvent, plan: Plan) => void {
  return HANDLERS[type] as (state: RunState, event: StampedEvent, plan: Plan) => void;
}
