import type { Plan, PlanStep } from "../plan/types.ts";
import { nodeOf, visitOpened, visitSettled } from "./apply-graph.ts";
import type { EventHandlers } from "./event-handlers.ts";
import { forgetIteration } from "./forget.ts";
import { gather } from "./gather.ts";
import { newInstance } from "./new-run.ts";
import { addressOf, enclosing, isShutdown, loopDepth } from "./path.ts";
import { type Instance, isCall, type Role, type RunState, tallyOf } from "./state.ts";
import type { AttemptUsage, EngineEvent, Spent, StampedEvent, StepStatus } from "./types.ts";

type StepEvent = Exclude<
  Extract<EngineEvent["type"], `step.${string}` | "block.entered" | "iteration.started" | "approval.decided">,
  "step.kept"
>;

/** Events of one step. */
export const STEP_EVENTS: EventHandlers<StepEvent> = {
  "step.started": (state, event, plan) => {
    const instance = state.open.get(event.path) ?? open(plan, state, event.path, event.at);
    change(state, instance, () => {
      instance.attempt = event.attempt;
      instance.status = "running";
    });
    delete instance.retryDue;
    delete instance.task;
    passGate(instance, event.at);
    delete instance.wait;
    if (instance.step?.kind === "subworkflow") {
      instance.attemptAt = event.at;
      // Of the attempt before.
      delete instance.child;
    }
    begin(instance, event);
  },
  "iteration.started": (state, event, plan) => {
    open(plan, state, event.path, event.at);
  },
  "block.entered": (state, event) => {
    const instance = opened(state, event.path);
    change(state, instance, () => {
      instance.status = "running";
    });
    if (event.pass > 1) state.revisited = true;
    if (instance.tallies) delete instance.tallies[event.block];
    instance.branch = event.block;
    instance.pass = event.pass;
    delete instance.retryDue;
    if (event.block === "catch") instance.caught = event.error;
    if (event.block === "finally") instance.pending = event.error;
  },
  "step.waiting": (state, event, plan) => {
    if (event.path === "") return rootWait(state, event.wait);
    const instance = state.open.get(event.path) ?? open(plan, state, event.path, event.at);
    change(state, instance, () => {
      instance.status = "waiting";
    });
    passGate(instance, event.at);
    instance.wait = event.wait;
    if (event.wait.kind === "connection") instance.connectionWaits = (instance.connectionWaits ?? 0) + 1;
    // What was decided of a gate says nothing of the approval behind it.
    delete instance.decided;
    if (event.due !== undefined) instance.due = event.due;
    meter(state, instance, event);
  },
  "step.retrying": (state, event) => {
    const instance = opened(state, event.path);
    change(state, instance, () => {
      instance.status = "retrying";
    });
    delete instance.wait;
    instance.retryDue = event.due;
    delete instance.task;
    instance.error = event.error;
    meter(state, instance, event);
  },
  "step.completed": complete,
  "step.failed": (state, event, plan) => {
    const instance = state.open.get(event.path) ?? open(plan, state, event.path, event.at);
    instance.error = event.error;
    if (instance.role === "loop" && instance.items) instance.output = gather(state, instance);
    meter(state, instance, event);
    consume(state, event.signal);
    settle(state, instance, "failed", event.at);
  },
  "step.skipped": (state, event, plan) => {
    settle(state, open(plan, state, event.path, event.at), "skipped", event.at);
  },
  "step.canceled": (state, event) => {
    const instance = opened(state, event.path);
    meter(state, instance, event);
    settle(state, instance, "canceled", event.at);
  },
  "step.compensating": (state, event) => {
    state.undoing = event.path;
    state.undoable.pop();
    const instance = state.instances.get(event.path);
    if (instance) instance.undone = true;
  },
  "step.compensated": (state) => {
    state.undoing = null;
  },
  "step.pending": (state, { path, at, due, heartbeat_ms: heartbeatMs, heartbeat_due: heartbeatDue, usage }) => {
    opened(state, path).task = { since: at, due, heartbeatMs, heartbeatDue, usage };
  },
  "step.heartbeat": (state, event) => {
    const { task } = opened(state, event.path);
    if (task) task.heartbeatDue = event.heartbeat_due;
  },
  "step.progress": () => {},
  "step.linked": (state, event) => {
    opened(state, event.path).child = event.execution_id;
  },
  "approval.decided": (state, event) => {
    const instance = event.path === "" ? state.root : opened(state, event.path);
    if (event.decision === "escalate") {
      if (instance.wait?.kind === "approval") instance.wait = { ...instance.wait, due: event.due, escalated: true };
      return;
    }
    const { decision, by, at, comment } = event;
    instance.decided = { decision, by, at, comment };
    if (event.path === "") rootWait(state, undefined);
  },
};

/** A step behind an approval begins when that is decided. */
function passGate(instance: Instance, at: number): void {
  if (instance.wait?.kind === "approval" && instance.wait.gate) instance.startedAt = at;
}

function begin(instance: Instance, event: Extract<StampedEvent, { type: "step.started" }>): void {
  if (event.input !== undefined) instance.input = event.input;
  if (event.connection !== undefined) instance.connection = event.connection;
  if (event.items !== undefined) instance.items = event.items;
  if (event.branch !== undefined) instance.branch = event.branch;
  if (event.value !== undefined) instance.value = event.value;
  if (event.due !== undefined) instance.due = event.due;
  if (event.cacheKey !== undefined) instance.cacheKey = event.cacheKey;
}

function complete(state: RunState, event: Extract<StampedEvent, { type: "step.completed" }>): void {
  const instance = opened(state, event.path);
  delete instance.error;
  if (event.cached) instance.cached = true;
  instance.output = event.output === undefined ? gather(state, instance) : event.output;
  meter(state, instance, event);
  consume(state, event.signal);
  if (event.overridden) delete state.former?.outputs[event.path];
  if (event.set || event.keep) instance.assigned = { set: event.set, keep: event.keep };
  assign(state, instance);
  settle(state, instance, "completed", event.at);
}

/** What a visit changes of the graph's state and of its node's. */
export function assign(state: RunState, instance: Instance): void {
  const { set, keep } = instance.assigned ?? {};
  if (set && state.graph) state.graph.shared = { ...state.graph.shared, ...set };
  const node = keep && nodeOf(state, instance);
  if (node) node.kept = { ...node.kept, ...keep };
}

/** The event of that sequence is nobody else's any more. */
function consume(state: RunState, signal: number | undefined): void {
  if (signal !== undefined) state.signals = state.signals.filter(({ seq }) => seq !== signal);
}

/** The plan's step behind an instance. */
export function stepOf({ step, path }: Instance): PlanStep {
  if (!step) throw new Error(`there is no step behind "${path}"`);
  return step;
}

/** The container of an instance: its loop, block or the workflow itself. */
function parentOf(state: RunState, instance: Instance): Instance {
  if (instance.parent === null || instance.parent === "") return state.root;
  const parent = state.instances.get(instance.parent);
  if (!parent) throw new Error(`${instance.path} was opened outside of ${instance.parent}`);
  return parent;
}

/** The block of its container that an instance stands in; `""` for an iteration. */
function blockOf(instance: Instance): string {
  if (instance.index !== undefined) return "";
  return instance.role === "shutdown" ? "on_shutdown" : stepOf(instance).block;
}

function open(plan: Plan, state: RunState, path: string, at: number): Instance {
  const step = plan.byAddress.get(addressOf(path));
  if (!step) throw new Error(`the plan has no step at ${path}`);
  const { parent, index } = enclosing(path);
  const instance = newInstance(path, step, roleOf(step, path), parent, at);
  if (index !== undefined) instance.index = index;
  state.open.set(path, instance);
  // A visit counts even where its loop has nothing to do: a cycle of such would never end.
  const visit = state.graph !== null && parent === "" && instance.role !== "shutdown";
  const again = step.action === undefined && state.former?.instances.has(path);
  if ((instance.role === "step" || visit) && !again) state.steps += 1;
  enter(state, instance);
  return instance;
}

/** It stands in its container from now on. */
export function enter(state: RunState, instance: Instance): void {
  const { path, parent } = instance;
  state.instances.set(path, instance);
  const container = parentOf(state, instance);
  const tally = tallyOf(container, blockOf(instance));
  tally.opened += 1;
  tally.last = path;
  if (container !== state.root) childrenOf(container).push(path);
  else if (state.graph && parent === "" && instance.role !== "shutdown") visitOpened(state, instance);
}

function roleOf(step: PlanStep, path: string): Role {
  if (isShutdown(path)) return "shutdown";
  const depth = loopDepth(path);
  const own = step.forEach === undefined ? 0 : 1;
  if (depth < own) return "loop";
  return depth === own ? "step" : "iteration";
}

function opened(state: RunState, path: string): Instance {
  const instance = state.open.get(path);
  if (!instance) throw new Error(`an event settles ${path}, which is not open`);
  return instance;
}

/** Changes an open instance and keeps the counts of what is busy and what waits. */
function change(state: RunState, instance: Instance, how: () => void): void {
  count(state, instance, -1);
  how();
  count(state, instance, 1);
}

function count(state: RunState, instance: Instance, by: number): void {
  if (instance.status === "waiting") state.waiting += by;
  else if (instance.status === "retrying" || (instance.status === "running" && isCall(instance))) state.busy += by;
}

function rootWait(state: RunState, wait: Instance["wait"]): void {
  state.waiting += wait ? 1 : -1;
  if (wait) state.root.wait = wait;
  else delete state.root.wait;
}

function settle(state: RunState, instance: Instance, status: StepStatus, at: number): void {
  count(state, instance, -1);
  instance.status = status;
  instance.finishedAt = at;
  instance.output ??= null;
  delete instance.input;
  delete instance.retryDue;
  delete instance.due;
  delete instance.task;
  state.open.delete(instance.path);
  leave(state, instance);
}

/** Its container counts it as settled. */
export function leave(state: RunState, instance: Instance): void {
  const { status } = instance;
  const step = stepOf(instance);
  const parent = parentOf(state, instance);
  const tally = tallyOf(parent, blockOf(instance));
  tally.settled += 1;
  if (status === "failed" && !step.continueOnError) tally.failure ??= instance.path;
  if (status === "completed" && instance.role === "step" && step.blocks.compensate && !state.ending)
    state.undoable.push(instance.path);
  if (instance.index !== undefined) {
    parent.results ??= [];
    parent.results[instance.index] = { status, output: instance.output ?? null, error: instance.error };
    if (tally.failure !== instance.path) forgetIteration(state, instance);
  } else if (state.graph && instance.parent === "" && instance.role !== "shutdown") {
    visitSettled(state, instance);
  }
}

function meter(state: RunState, instance: Instance, event: { usage?: AttemptUsage; spent?: Spent }): void {
  const { usage } = event;
  const tokens = event.spent?.tokens ?? (usage?.input_tokens ?? 0) + (usage?.output_tokens ?? 0);
  const cost = event.spent?.cost ?? usage?.cost ?? 0;
  const steps = event.spent?.steps ?? 0;
  if (tokens > 0 || cost > 0) {
    instance.spent = { tokens: (instance.spent?.tokens ?? 0) + tokens, cost: (instance.spent?.cost ?? 0) + cost };
    state.spent = { ...state.spent, tokens: state.spent.tokens + tokens, cost: state.spent.cost + cost };
  }
  if (steps > 0) state.spent = { ...state.spent, steps: (state.spent.steps ?? 0) + steps };
  if (!usage) return;
  if (usage.isolate !== undefined) instance.isolate = usage.isolate;
  state.usage.stepRuns += 1;
  state.usage.compute_ms += usage.compute_ms;
  state.usage.egress_bytes += usage.egress_bytes;
  state.usage.ai_tokens += (usage.input_tokens ?? 0) + (usage.output_tokens ?? 0);
}

function childrenOf(container: Instance): string[] {
  container.children ??= [];
  return container.children;
}
