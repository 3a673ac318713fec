import type { PlanStep } from "../plan/types.ts";
import { enclosing, isInside, iterationPath } from "./path.ts";
import type { Former, Instance, RunState } from "./state.ts";

/** Its work is done, or the run went on with its failure: nothing of it has to be run again. */
export function isSettledWell({ status, step }: Pick<Instance, "status" | "step">): boolean {
  return status === "completed" || status === "skipped" || (status === "failed" && (step?.continueOnError ?? false));
}

/**
 * What of a run that ended may be kept when it goes on: all but the steps at `from`, what is in them and what came after them.
 * Of what was not completed only the decisions count: which items a loop goes through, which branch was taken.
 */
export function keepable(state: RunState, from: readonly string[]): Former {
  const { former } = state;
  // What this attempt has not come to again stands behind what it has: so it was opened, and so it would be.
  const unreached = [...(former?.instances ?? [])].filter(([path]) => !state.instances.has(path));
  const instances = new Map([...state.instances, ...unreached]);
  const reopened = new Set([...(former?.reopened ?? [])].filter((path) => !state.instances.has(path)));
  const order = new Map([...instances.keys()].map((path, index) => [path, index]));
  const dropped = [...instances.values()].filter((instance) => {
    const pastFirstTry = instance.path.includes("~") && !isInsideKept(instances, instance.path);
    return pastFirstTry || from.some((start) => isFrom({ instances, order }, instance, start));
  });
  for (const { path } of dropped) instances.delete(path);
  for (const start of from) {
    for (let at = enclosing(start).parent; at !== ""; at = enclosing(at).parent) reopened.add(at);
    forgetResults(instances, start);
  }
  const undoable = [...(former?.undoable ?? []), ...state.undoable].filter((path) => instances.has(path));
  return { instances, reopened, undoable, outputs: {} };
}

interface Opened {
  instances: ReadonlyMap<string, Instance>;
  /** Which was opened first. */
  order: ReadonlyMap<string, number>;
}

/** The step, in it, or after it in a place where one thing is done after the other. */
function isFrom(opened: Opened, instance: Instance, start: string): boolean {
  const { path } = instance;
  if (path === start || isInside(path, start)) return true;
  const ours = chain(path);
  const theirs = chain(start);
  const depth = ours.findIndex((at, index) => at !== theirs[index]);
  const mine = ours[depth];
  const other = theirs[depth];
  if (depth < 0 || mine === undefined || other === undefined) return false;
  return comesAfter(opened, mine, other);
}

/** Paths of what encloses it, outermost first, and its own. */
function chain(path: string): string[] {
  const parents: string[] = [];
  for (let at = path; at !== ""; at = enclosing(at).parent) parents.unshift(at);
  return parents;
}

/** Of two children of one container: whether the first may have seen what the second gave. */
function comesAfter({ instances, order }: Opened, mine: string, other: string): boolean {
  const { parent, index } = enclosing(mine);
  const container = instances.get(parent);
  const second = enclosing(other).index;
  if (index !== undefined && second !== undefined) return isSequential(container) && index > second;
  const one = instances.get(mine)?.step;
  const two = instances.get(other)?.step;
  if (!one || !two) return false;
  if (one.block !== two.block) return container?.step?.kind === "try" && later(one.block, two.block);
  if (one.block === "parallel") return false;
  // Steps of a sequence, and visits of a graph, were opened in the order in which they ran.
  return (order.get(mine) ?? 0) > (order.get(other) ?? 0);
}

function isSequential(loop: Instance | undefined): boolean {
  const step = loop?.step;
  if (!step) return true;
  const width = step.kind === "forEach" && loop.role === "step" ? step.definition.maxConcurrency : step.maxConcurrency;
  return width === 1;
}

const TRY_BLOCKS = ["steps", "catch", "finally"];

function later(one: string, other: string): boolean {
  return TRY_BLOCKS.indexOf(one) > TRY_BLOCKS.indexOf(other);
}

/** A container around it was completed: it is kept with it, whatever try it was part of. */
function isInsideKept(instances: ReadonlyMap<string, Instance>, path: string): boolean {
  return chain(path)
    .slice(0, -1)
    .some((at) => instances.get(at)?.status === "completed");
}

/** Of iterations that are no longer remembered, the loop knows how they ended: it forgets that of those that run again. */
function forgetResults(instances: ReadonlyMap<string, Instance>, start: string): void {
  for (const at of chain(start)) {
    const { parent, index } = enclosing(at);
    const loop = index === undefined ? undefined : instances.get(parent);
    if (!loop?.results || index === undefined) continue;
    const sequential = isSequential(loop);
    loop.results = loop.results.filter((_, other) => (sequential ? other < index : true));
    if (!sequential) delete loop.results[index];
  }
}

/** The instance that an earlier run attempt left at this path, for a step of this kind. */
export function formerly({ former }: RunState, step: PlanStep, path: string): Instance | undefined {
  const instance = former?.instances.get(path);
  return instance?.step?.kind === step.kind ? instance : undefined;
}

/** Whether the run may go on with what an earlier run attempt left there. */
export function isKept(state: RunState, step: PlanStep, path: string): boolean {
  const { former } = state;
  if (!former || former.reopened.has(path)) return false;
  const instance = formerly(state, step, path);
  if (instance) return isSettledWell(instance);
  const { parent, index } = enclosing(path);
  if (index === undefined || former.instances.has(path)) return false;
  const result = former.instances.get(parent)?.results?.[index];
  return result !== undefined && iterationPath(parent, index) === path && isSettledWell({ ...result, step });
}
