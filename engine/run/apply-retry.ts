import type { Plan } from "../plan/types.ts";
import { startGraph } from "./apply-graph.ts";
import { assign, enter, leave } from "./apply-step.ts";
import type { EventHandlers } from "./event-handlers.ts";
import { type GraphState, newNode } from "./graph-state.ts";
import { keepable } from "./keepable.ts";
import { newInstance } from "./new-run.ts";
import { addressOf, enclosing, isInside } from "./path.ts";
import type { Former, Instance, RunState } from "./state.ts";

/** What goes on after an end, or with another plan. */
export const RETRY_EVENTS: EventHandlers<"workflow.retried" | "workflow.migrated" | "step.kept"> = {
  "workflow.migrated": (state, event, plan) => {
    for (const instance of state.instances.values())
      instance.step = plan.byAddress.get(addressOf(instance.path)) ?? instance.step;
    if (event.inputs) state.inputs = event.inputs;
    if (event.env) state.env = event.env;
    if (state.graph) rebindGraph(plan, state.graph);
  },
  "workflow.retried": (state, event, plan) => {
    state.former = { ...keepable(state, event.from), outputs: { ...event.outputs } };
    const { decided } = state.root;
    state.root = newInstance("", null, "step", null, 0);
    if (decided) state.root.decided = decided;
    state.identity = { ...state.identity, runAttempt: event.run_attempt };
    state.status = "running";
    state.instances = new Map();
    state.open = new Map();
    state.busy = 0;
    state.waiting = 0;
    state.revisited = false;
    state.finishedAt = null;
    state.pausedAt = null;
    delete state.paused;
    state.hold = null;
    state.outputs = null;
    state.error = null;
    delete state.stopReason;
    state.undoable = [];
    state.undoing = null;
    state.ending = null;
    state.deadline = event.deadline ?? null;
    if (event.inputs) state.inputs = event.inputs;
    if (event.env) state.env = event.env;
    state.graph = null;
    startGraph(plan, state);
  },
  "step.kept": (state, { path, at }, plan) => {
    const { former } = state;
    if (!former) throw new Error(`${path} is kept, and nothing came before`);
    const instance = former.instances.get(path);
    if (!instance) return keepResult(state, plan, path, at);
    const before = state.undoable.length;
    enter(state, instance);
    for (const each of within(former, instance)) {
      former.instances.delete(each.path);
      each.step = plan.byAddress.get(addressOf(each.path)) ?? each.step;
      state.instances.set(each.path, each);
    }
    assign(state, instance);
    leave(state, instance);
    // In the order in which they were completed.
    state.undoable.length = before;
    state.undoable.push(...former.undoable.filter((each) => each === path || isInside(each, path)));
  },
};

/** Nodes that are new stand there, those that nothing ever came to are gone. */
function rebindGraph(plan: Plan, { nodes }: GraphState): void {
  for (const id of [...nodes.keys()]) if (!plan.graph?.nodes.has(id)) nodes.delete(id);
  for (const id of plan.graph?.nodes.keys() ?? []) if (!nodes.has(id)) nodes.set(id, newNode());
}

/** The instance and all that is remembered of what is in it. */
function within(former: Former, instance: Instance): Instance[] {
  const children = (instance.children ?? []).flatMap((path) => former.instances.get(path) ?? []);
  return [instance, ...children.flatMap((child) => within(former, child))];
}

/** An iteration of which nothing is remembered but how it ended. */
function keepResult(state: RunState, plan: Plan, path: string, at: number): void {
  const { parent, index } = enclosing(path);
  const step = plan.byAddress.get(addressOf(path));
  const result = index === undefined ? undefined : state.former?.instances.get(parent)?.results?.[index];
  if (!step || !result) throw new Error(`${path} is kept, and nobody knows how it ended`);
  const instance: Instance = { ...newInstance(path, step, "step", parent, at), ...result, index, finishedAt: at };
  enter(state, instance);
  leave(state, instance);
}
