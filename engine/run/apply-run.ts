import type { Plan } from "../plan/types.ts";
import { raisedBudget, readBudget } from "../plan/read-budget.ts";
import { startGraph } from "./apply-graph.ts";
import type { EventHandlers } from "./event-handlers.ts";
import { logSize, MAX_LOG_CHARS } from "./logging.ts";
import type { RunState } from "./state.ts";
import type { EngineEvent, StartData } from "./types.ts";

type RunEvent = Exclude<
  Extract<EngineEvent["type"], `workflow.${string}` | "signal.received" | "log" | "act.noted">,
  "workflow.retried" | "workflow.migrated"
>;

/** Events of the run as a whole. */
export const RUN_EVENTS: EventHandlers<RunEvent> = {
  "workflow.queued": (state, event, plan) => {
    if (event.inputs) take(plan, state, { ...event, inputs: event.inputs });
    state.timeoutMs = event.timeoutMs;
    state.hold = event.hold;
  },
  "workflow.started": (state, event, plan) => {
    state.status = "running";
    state.startedAt = event.at;
    state.hold = null;
    if (event.inputs) take(plan, state, { ...event, inputs: event.inputs });
    state.deadline = event.deadline ?? null;
    if (event.deadline !== undefined) state.limitMs = event.deadline - event.at;
    startGraph(plan, state);
  },
  "workflow.waiting": (state) => {
    state.status = "waiting";
  },
  "workflow.paused": (state, event) => {
    state.status = "paused";
    state.pausedAt = event.at;
    state.hold = event.hold ?? null;
    state.paused = { reason: event.reason, actor: event.actor };
  },
  "workflow.resumed": (state, event) => {
    resume(state, event.at);
    if (!event.budget) return;
    const raise = readBudget(event.budget);
    state.budget = raisedBudget(state.budget, raise);
    for (const [member, value] of Object.entries(raise)) if (value !== undefined) state.raised.add(member);
  },
  "workflow.stopping": ({ graph }, { reason, graceful, deadline }) => {
    if (graph) graph.stopping = { reason, graceful, deadline };
  },
  "workflow.compensating": (state, event) => {
    state.ending = event.ending;
  },
  "workflow.completed": (state, event) => {
    state.outputs = event.outputs;
    state.stopReason = event.stop_reason;
    end(state, "completed", event);
  },
  "workflow.failed": (state, event) => end(state, "failed", event),
  "workflow.canceled": (state, event) => end(state, "canceled", event),
  "workflow.timed_out": (state, event) => end(state, "timed_out", event),
  "signal.received": (state, { seq, name, payload, channel, path, id }) => {
    state.signals.push({ seq, name, payload, channel, path });
    if (id !== undefined) state.signalIds.add(id);
  },
  "act.noted": (state) => {
    state.noted += 1;
  },
  log: (state, event) => {
    state.logChars = event.full ? MAX_LOG_CHARS : state.logChars + logSize(event);
  },
};

function take(plan: Plan, state: RunState, data: StartData): void {
  state.inputs = data.inputs;
  state.env = data.env ?? {};
  state.trigger = data.trigger ?? null;
  if (data.principal) state.principal = data.principal;
  state.actor = data.actor ?? null;
  state.maxSteps = data.maxSteps;
  state.budget = raisedBudget(plan.budget, readBudget(data.budget));
}

/** The workflow's clock stood still while it was paused: what it waits for is due as much later. */
function resume(state: RunState, at: number): void {
  const pause = at - (state.pausedAt ?? at);
  state.status = "running";
  state.pausedAt = null;
  state.hold = null;
  delete state.paused;
  if (state.deadline !== null) state.deadline += pause;
  if (state.graph?.budgetDue !== undefined) state.graph.budgetDue += pause;
  for (const node of state.graph?.nodes.values() ?? []) if (node.tickDue !== undefined) node.tickDue += pause;
  // The wait stands in an event, too, which says for ever what it was.
  for (const instance of [state.root, ...state.open.values()]) {
    const { wait } = instance;
    if (wait?.due !== undefined) instance.wait = { ...wait, due: wait.due + pause };
  }
}

function end(
  state: RunState,
  status: RunState["status"],
  { at, error }: { at: number; error?: RunState["error"] },
): void {
  state.status = status;
  state.finishedAt = at;
  state.error = error ?? null;
}
