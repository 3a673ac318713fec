import type { Plan, PlanStep } from "../plan/types.ts";
import type { Json } from "../json.ts";
import { newInstance, newRun } from "./new-run.ts";
import { addressOf, iterationPath } from "./path.ts";
import type { Instance, RunState } from "./state.ts";
import type { AttemptUsage, RunIdentity, StampedEvent, StepStatus } from "./types.ts";

/** The state after `events`: what a restart does. It evaluates nothing, so it always agrees with what was lived. */
export function fold(plan: Plan, identity: RunIdentity, events: Iterable<StampedEvent>): RunState {
  const state = newRun(identity);
  for (const event of events) apply(plan, state, event);
  return state;
}

/** Advances `state` by one event, in place. */
export function apply(plan: Plan, state: RunState, event: StampedEvent): void {
  state.seq = event.seq;
  state.at = event.at;
  switch (event.type) {
    case "workflow.started":
      state.status = "running";
      state.startedAt = event.at;
      state.inputs = event.inputs;
      state.env = event.env ?? {};
      state.trigger = event.trigger ?? null;
      if (event.principal) state.principal = event.principal;
      state.deadline = event.deadline ?? null;
      return;
    case "step.started": {
      const instance = state.open.get(event.path) ?? open(state, event.path, event.at);
      instance.status = "running";
      instance.attempt = event.attempt;
      delete instance.retryDue;
      if (event.input !== undefined) instance.input = event.input;
      if (event.connection !== undefined) instance.connection = event.connection;
      if (event.items !== undefined) {
        instance.items = event.items;
        state.steps -= 1;
      }
      return;
    }
    case "step.retrying": {
      const instance = opened(state, event.path);
      instance.status = "retrying";
      instance.retryDue = event.due;
      instance.error = event.error;
      meter(state, instance, event.usage);
      return;
    }
    case "step.completed": {
      const instance = opened(state, event.path);
      delete instance.error;
      if (event.cached) instance.cached = true;
      instance.output = event.output === undefined ? gather(plan, state, instance) : event.output;
      meter(state, instance, event.usage);
      settle(plan, state, instance, "completed", event.at);
      return;
    }
    case "step.failed": {
      const instance = state.open.get(event.path) ?? open(state, event.path, event.at);
      instance.error = event.error;
      if (instance.items) instance.output = gather(plan, state, instance);
      meter(state, instance, event.usage);
      settle(plan, state, instance, "failed", event.at);
      return;
    }
    case "step.skipped":
      settle(plan, state, open(state, event.path, event.at), "skipped", event.at);
      return;
    case "step.canceled": {
      const instance = opened(state, event.path);
      meter(state, instance, event.usage);
      settle(plan, state, instance, "canceled", event.at);
      return;
    }
    case "step.progress":
    case "log":
      return;
    case "workflow.completed":
      state.outputs = event.outputs;
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
export function stepOf(plan: Plan, instance: Instance): PlanStep {
  const step = plan.byAddress.get(instance.address);
  if (!step) throw new Error(`the plan has no step at ${instance.address}`);
  return step;
}

/** The container of an instance: its loop, block or the workflow itself. */
export function parentOf(state: RunState, instance: Instance): Instance {
  if (instance.parent === null || instance.parent === "") return state.root;
  const parent = state.instances.get(instance.parent);
  if (!parent) throw new Error(`${instance.path} was opened outside of ${instance.parent}`);
  return parent;
}

function open(state: RunState, path: string, at: number): Instance {
  const bracket = path.endsWith("]") ? path.lastIndexOf("[") : -1;
  const parent = bracket < 0 ? path.slice(0, Math.max(0, path.lastIndexOf("."))) : path.slice(0, bracket);
  const instance = newInstance(path, addressOf(path), parent, at);
  if (bracket >= 0) instance.index = Number(path.slice(bracket + 1, -1));
  state.steps += 1;
  state.instances.set(path, instance);
  state.open.set(path, instance);
  parentOf(state, instance).opened += 1;
  return instance;
}

function opened(state: RunState, path: string): Instance {
  const instance = state.open.get(path);
  if (!instance) throw new Error(`an event settles ${path}, which is not open`);
  return instance;
}

function settle(plan: Plan, state: RunState, instance: Instance, status: StepStatus, at: number): void {
  instance.status = status;
  instance.finishedAt = at;
  instance.output ??= null;
  delete instance.input;
  delete instance.retryDue;
  state.open.delete(instance.path);
  const parent = parentOf(state, instance);
  parent.settled += 1;
  if (status === "failed" && !stepOf(plan, instance).continueOnError) parent.failure ??= instance.path;
}

function end(state: RunState, status: RunState["status"], at: number): void {
  state.status = status;
  state.finishedAt = at;
}

function meter(state: RunState, instance: Instance, usage: AttemptUsage | undefined): void {
  if (!usage) return;
  if (usage.isolate !== undefined) instance.isolate = usage.isolate;
  state.usage.stepRuns += 1;
  state.usage.compute_ms += usage.compute_ms;
  state.usage.egress_bytes += usage.egress_bytes;
  state.usage.ai_tokens += (usage.input_tokens ?? 0) + (usage.output_tokens ?? 0);
}

/** The output of a container: a loop's iterations in item order, a parallel list's children by id. */
function gather(plan: Plan, state: RunState, instance: Instance): Json {
  const output = (path: string): Json => state.instances.get(path)?.output ?? null;
  if (instance.items) return instance.items.map((_, index) => output(iterationPath(instance.path, index)));
  const children = stepOf(plan, instance).blocks.parallel ?? [];
  return Object.fromEntries(children.map((child) => [child.id, output(`${instance.path}.${child.id}`)]));
}
