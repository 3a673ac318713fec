import { canonicalText } from "../canonical-text.ts";
import type { Plan, PlanStep } from "../plan/types.ts";
import { addressOf } from "./path.ts";
import type { Instance, RunState } from "./state.ts";

/** Why an execution cannot go on with a version: what it has begun or done must stand there as it did. */
export interface MigrationProblem {
  path: string;
  reason: "graph" | "removed" | "kind" | "loop" | "action" | "order" | "ending";
  message: string;
}

/** What going on with another version means for one execution. Addresses of steps, as the definitions have them. */
export interface MigrationReport {
  compatible: boolean;
  problems: MigrationProblem[];
  /** Run-time paths of what is under way: it goes on as it began. */
  open: string[];
  added: string[];
  removed: string[];
  changed: string[];
}

/** Whether a run of `from` may go on with `to`: its past must be the same in both, its future may differ. */
export function migrationReport(from: Plan, to: Plan, state: RunState): MigrationReport {
  const problems = [...problemsOf(from, to, state)];
  const [before, after] = [from.byAddress, to.byAddress];
  const differs = (address: string) => !sameText(before.get(address), after.get(address));
  return {
    compatible: problems.length === 0,
    problems,
    open: [...state.open.keys()],
    added: [...after.keys()].filter((address) => !before.has(address)),
    removed: [...before.keys()].filter((address) => !after.has(address)),
    changed: [...after.keys()].filter((address) => before.has(address) && differs(address)),
  };
}

function* problemsOf(from: Plan, to: Plan, state: RunState): Generator<MigrationProblem> {
  if (state.ending) yield { path: "", reason: "ending", message: "The execution is lost and undoes what it did." };
  if (from.graph?.longRunning !== to.graph?.longRunning) {
    const message =
      "The version is of another kind: sequence, standard graph and long-running graph do not become each other.";
    yield { path: "", reason: "graph", message };
    return;
  }
  const containers = [state.root, ...state.open.values()].filter((it) => it === state.root || it.tallies);
  for (const container of containers) yield* orderProblems(from, to, container);
  for (const [id, node] of state.graph?.nodes ?? []) {
    const used = node.visits > 0 || node.mailbox.length > 0 || node.held.length > 0;
    if (used && !to.graph?.nodes.has(id)) yield removed(id);
  }
  for (const instance of state.instances.values()) {
    const inside = instance.parent === null || instance.parent === "" || state.open.has(instance.parent);
    if (inside) yield* stepProblems(to, instance, state.open.has(instance.path));
  }
}

/** What was opened of a block is where the block begins in the other version. */
function* orderProblems(from: Plan, to: Plan, container: Instance): Generator<MigrationProblem> {
  const other = container.step ? to.byAddress.get(addressOf(container.path)) : undefined;
  if (container.step && !other) return;
  for (const [block, { opened }] of Object.entries(container.tallies ?? {})) {
    if (block === "" || block === "nodes") continue;
    const past = blockOf(from, container.step, block).slice(0, opened);
    const there = blockOf(to, other, block);
    const wrong = past.findIndex(({ id }, index) => there[index]?.id !== id);
    const step = past[wrong];
    if (!step) continue;
    const path = step.address;
    if (!to.byAddress.has(path)) yield removed(path);
    else
      yield {
        path,
        reason: "order",
        message: `Step ${path} has begun, and other steps stand before it in the version.`,
      };
  }
}

function* stepProblems(to: Plan, { step, path }: Instance, open: boolean): Generator<MigrationProblem> {
  if (!step) return;
  const other = to.byAddress.get(step.address);
  if (!other) {
    yield removed(step.address);
  } else if (other.kind !== step.kind) {
    yield { path, reason: "kind", message: `Step ${path} is of the kind ${step.kind} and would become ${other.kind}.` };
  } else if ((other.forEach === undefined) !== (step.forEach === undefined)) {
    yield { path, reason: "loop", message: `Step ${path} has begun, and is a loop in one of the versions only.` };
  } else if (open && actionOf(step) !== actionOf(other)) {
    const message = `Step ${path} is under way with ${actionOf(step)}, and would call ${actionOf(other)}.`;
    yield { path, reason: "action", message };
  }
}

function removed(path: string): MigrationProblem {
  return { path, reason: "removed", message: `Step ${path} has begun, and the version has none like it.` };
}

function blockOf(plan: Plan, step: PlanStep | null | undefined, block: string): readonly PlanStep[] {
  return step ? (step.blocks[block] ?? []) : plan.steps;
}

/** Connector and action, or the workflow: another version of either is the same. */
function actionOf({ action, definition }: PlanStep): string {
  if (definition.kind === "subworkflow") return `the workflow ${definition.workflow}`;
  return action ? `${action.namespace}/${action.connector}.${action.action}` : "nothing";
}

function sameText(one: PlanStep | undefined, other: PlanStep | undefined): boolean {
  return canonicalText(one?.definition) === canonicalText(other?.definition);
}
