import type { Plan, PlanStep } from "../plan/types.ts";
import { raisedBudget, readBudget } from "../plan/read-budget.ts";
import {
  acceptMessage,
  holdMessage,
  nodeOf,
  sendNothing,
  startGraph,
  tick,
  visitOpened,
  visitSettled,
} from "./apply-graph.ts";
import { gather } from "./gather.ts";
import { newInstance, newRun } from "./new-run.ts";
import { addressOf, enclosing, isShutdown, loopDepth } from "./path.ts";
import { forgetIteration } from "./forget.ts";
import { type Instance, isCall, type Role, type RunState, tallyOf } from "./state.ts";
import type { AttemptUsage, RunIdentity, Spent, StampedEvent, StartData, StepStatus } from "./types.ts";

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
  "signal.received",
  "workflow.waiting",
]);

/** Advances `state` by one event, in place. */
export function apply(plan: Plan, state: RunState, event: StampedEvent): void {
  state.seq = event.seq;
  state.at = event.at;
  if (state.status === "waiting" && !QUIET.has(event.type)) state.status = "running";
  switch (event.type) {
    case "workflow.queued":
      if (event.inputs) take(plan, state, { ...event, inputs: event.inputs });
      state.timeoutMs = event.timeoutMs;
      state.hold = event.hold;
      return;
    case "workflow.started":
      state.status = "running";
      state.startedAt = event.at;
      state.hold = null;
      if (event.inputs) take(plan, state, { ...event, inputs: event.inputs });
      state.deadline = event.deadline ?? null;
      startGraph(plan, state);
      return;
    case "workflow.waiting":
      state.status = "waiting";
      return;
    case "workflow.paused":
      state.status = "paused";
      state.pausedAt = event.at;
      state.hold = event.hold ?? null;
      return;
    case "workflow.resumed":
      resume(state, event.at);
      if (event.budget) state.budget = raisedBudget(state.budget, readBudget(event.budget));
      return;
    case "workflow.stopping":
      if (state.graph) {
        const { reason, graceful, deadline } = event;
        state.graph.stopping = { reason, graceful, deadline };
      }
      return;
    case "workflow.compensating":
      state.ending = event.ending;
      return;
    case "step.started": {
      const instance = state.open.get(event.path) ?? open(plan, state, event.path, event.at);
      change(state, instance, () => {
        instance.attempt = event.attempt;
        instance.status = "running";
      });
      delete instance.retryDue;
      delete instance.wait;
      if (event.input !== undefined) instance.input = event.input;
      if (event.connection !== undefined) instance.connection = event.connection;
      if (event.items !== undefined) instance.items = event.items;
      if (event.branch !== undefined) instance.branch = event.branch;
      if (event.value !== undefined) instance.value = event.value;
      if (event.due !== undefined) instance.due = event.due;
      if (event.cacheKey !== undefined) instance.cacheKey = event.cacheKey;
      return;
    }
    case "iteration.started":
      open(plan, state, event.path, event.at);
      return;
    case "block.entered": {
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
      return;
    }
    case "step.waiting": {
      if (event.path === "") return rootWait(state, event.wait);
      const instance = state.open.get(event.path) ?? open(plan, state, event.path, event.at);
      change(state, instance, () => {
        instance.status = "waiting";
      });
      instance.wait = event.wait;
      if (event.due !== undefined) instance.due = event.due;
      return;
    }
    case "step.retrying": {
      const instance = opened(state, event.path);
      change(state, instance, () => {
        instance.status = "retrying";
      });
      instance.retryDue = event.due;
      instance.error = event.error;
      meter(state, instance, event);
      return;
    }
    case "step.completed": {
      const instance = opened(state, event.path);
      delete instance.error;
      if (event.cached) instance.cached = true;
      instance.output = event.output === undefined ? gather(state, instance) : event.output;
      meter(state, instance, event);
      if (event.signal !== undefined) state.signals = state.signals.filter(({ seq }) => seq !== event.signal);
      if (event.set && state.graph) state.graph.shared = { ...state.graph.shared, ...event.set };
      const node = event.keep && nodeOf(state, instance);
      if (node) node.kept = { ...node.kept, ...event.keep };
      settle(state, instance, "completed", event.at);
      return;
    }
    case "step.failed": {
      const instance = state.open.get(event.path) ?? open(plan, state, event.path, event.at);
      instance.error = event.error;
      if (instance.role === "loop" && instance.items) instance.output = gather(state, instance);
      meter(state, instance, event);
      settle(state, instance, "failed", event.at);
      return;
    }
    case "step.skipped":
      settle(state, open(plan, state, event.path, event.at), "skipped", event.at);
      return;
    case "step.canceled": {
      const instance = opened(state, event.path);
      meter(state, instance, event);
      settle(state, instance, "canceled", event.at);
      return;
    }
    case "step.compensating":
      state.undoing = event.path;
      state.undoable = state.undoable.filter((path) => path !== event.path);
      return;
    case "step.compensated":
      state.undoing = null;
      return;
    case "step.progress":
    case "log":
      return;
    case "signal.received": {
      const { seq, name, payload, channel, path, id } = event;
      state.signals.push({ seq, name, payload, channel, path });
      if (id !== undefined) state.signalIds.add(id);
      return;
    }
    case "approval.decided": {
      const instance = event.path === "" ? state.root : opened(state, event.path);
      if (event.decision === "escalate") {
        if (instance.wait?.kind === "approval") instance.wait = { ...instance.wait, due: event.due, escalated: true };
        return;
      }
      const { decision, by, at, comment } = event;
      instance.decided = { decision, by, at, comment };
      if (event.path === "") rootWait(state, undefined);
      return;
    }
    case "message.accepted":
      acceptMessage(state, event);
      if (event.tick) tick(plan, state, event.node, event.at);
      return;
    case "message.dropped":
      if (event.reason === "oldest") state.graph?.nodes.get(event.node)?.mailbox.shift();
      if (event.from !== undefined) sendNothing(state, event.from);
      if (event.tick) tick(plan, state, event.node, event.at);
      return;
    case "message.held":
      holdMessage(state, event.node, event.from);
      return;
    case "node.idle":
      sendNothing(state, event.path);
      return;
    case "workflow.completed":
      state.outputs = event.outputs;
      state.stopReason = event.stop_reason;
      end(state, "completed", event.at);
      return;
    case "workflow.failed":
      state.error = event.error;
      end(state, "failed", event.at);
      return;
    case "workflow.canceled":
      state.error = event.error;
      end(state, "canceled", event.at);
      return;
    case "workflow.timed_out":
      state.error = event.error;
      end(state, "timed_out", event.at);
      return;
    default:
      event satisfies never;
  }
}

/** The plan's step behind an instance. */
export function stepOf({ step, path }: Instance): PlanStep {
  if (!step) throw new Error(`there is no step behind "${path}"`);
  return step;
}

/** The container of an instance: its loop, block or the workflow itself. */
export function parentOf(state: RunState, instance: Instance): Instance {
  if (instance.parent === null || instance.parent === "") return state.root;
  const parent = state.instances.get(instance.parent);
  if (!parent) throw new Error(`${instance.path} was opened outside of ${instance.parent}`);
  return parent;
}

/** The block of its container that an instance stands in; `""` for an iteration. */
export function blockOf(instance: Instance): string {
  if (instance.index !== undefined) return "";
  return instance.role === "shutdown" ? "on_shutdown" : stepOf(instance).block;
}

function take(plan: Plan, state: RunState, data: StartData): void {
  state.inputs = data.inputs;
  state.env = data.env ?? {};
  state.trigger = data.trigger ?? null;
  if (data.principal) state.principal = data.principal;
  state.actor = data.actor ?? null;
  state.maxSteps = data.maxSteps;
  state.budget = raisedBudget(plan.budget, readBudget(data.budget));
}

function open(plan: Plan, state: RunState, path: string, at: number): Instance {
  const step = plan.byAddress.get(addressOf(path));
  if (!step) throw new Error(`the plan has no step at ${path}`);
  const { parent, index } = enclosing(path);
  const instance = newInstance(path, step, roleOf(step, path), parent, at);
  if (index !== undefined) instance.index = index;
  state.instances.set(path, instance);
  state.open.set(path, instance);
  if (instance.role === "step") state.steps += 1;
  const container = parentOf(state, instance);
  const tally = tallyOf(container, blockOf(instance));
  tally.opened += 1;
  tally.last = path;
  if (container !== state.root) (container.children ??= []).push(path);
  else if (state.graph && instance.role !== "shutdown") visitOpened(state, instance);
  return instance;
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
  state.open.delete(instance.path);
  const step = stepOf(instance);
  const parent = parentOf(state, instance);
  const tally = tallyOf(parent, blockOf(instance));
  tally.settled += 1;
  if (status === "failed" && !step.continueOnError) tally.failure ??= instance.path;
  if (status === "completed" && instance.role === "step" && step.blocks.compensate && !state.ending)
    state.undoable.push(instance.path);
  if (instance.index !== undefined) {
    parent.results ??= [];
    parent.results[instance.index] = { status, output: instance.output, error: instance.error };
    if (tally.failure !== instance.path) forgetIteration(state, instance);
  } else if (state.graph && instance.parent === "" && instance.role !== "shutdown") {
    visitSettled(state, instance);
  }
}

/** The workflow's clock stood still while it was paused: what it waits for is due as much later. */
function resume(state: RunState, at: number): void {
  const pause = at - (state.pausedAt ?? at);
  state.status = "running";
  state.pausedAt = null;
  state.hold = null;
  if (state.deadline !== null) state.deadline += pause;
  if (state.graph?.budgetDue !== undefined) state.graph.budgetDue += pause;
  for (const node of state.graph?.nodes.values() ?? []) if (node.tickDue !== undefined) node.tickDue += pause;
  for (const { wait } of [state.root, ...state.open.values()]) if (wait?.due !== undefined) wait.due += pause;
}

function end(state: RunState, status: RunState["status"], at: number): void {
  state.status = status;
  state.finishedAt = at;
}

function meter(state: RunState, instance: Instance, event: { usage?: AttemptUsage; spent?: Spent }): void {
  const { usage } = event;
  const tokens = event.spent?.tokens ?? (usage?.input_tokens ?? 0) + (usage?.output_tokens ?? 0);
  const cost = event.spent?.cost ?? usage?.cost ?? 0;
  if (tokens > 0 || cost > 0) {
    instance.spent = { tokens: (instance.spent?.tokens ?? 0) + tokens, cost: (instance.spent?.cost ?? 0) + cost };
    state.spent = { tokens: state.spent.tokens + tokens, cost: state.spent.cost + cost };
  }
  if (!usage) return;
  if (usage.isolate !== undefined) instance.isolate = usage.isolate;
  state.usage.stepRuns += 1;
  state.usage.compute_ms += usage.compute_ms;
  state.usage.egress_bytes += usage.egress_bytes;
  state.usage.ai_tokens += (usage.input_tokens ?? 0) + (usage.output_tokens ?? 0);
}
