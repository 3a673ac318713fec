import type { PlanSource } from "../plan/types.ts";
import { type Amounts, all, amount, type Range } from "./amounts.ts";
import { graphAmounts } from "./graph-amounts.ts";
import { outlineOf } from "./outline.ts";
import { type AmountsOfCall, StepAmounts } from "./step-amounts.ts";

/** What one run that completes takes, counted from the definition and its pins alone. */
export interface Estimate {
  /** Steps that are run; each iteration of a loop and each visit of a node counts, steps of subworkflows too. */
  steps: Range;
  /** Calls of each action, by `namespace/name.action`; attempts are not told apart. */
  actions: Record<string, Range>;
  /** Attempts that reach a plugin: the meter of that name. `most` is with every retry used up. */
  stepRuns: Range;
  /** The run itself and those of its subworkflows. */
  executions: Range;
}

const ACTION = "action ";

/** Counts a workflow: a branch gives the least and the most of its ways, a loop as many as its list may have items. */
export function estimateOf(source: PlanSource): Estimate {
  const amounts = workflowAmounts(source, []);
  const none: Range = { least: 0, most: 0 };
  const of = (name: string): Range => amounts.get(name) ?? none;
  const actions = [...amounts].filter(([name]) => name.startsWith(ACTION));
  return {
    steps: of("steps"),
    actions: Object.fromEntries(actions.map(([name, range]) => [name.slice(ACTION.length), range])),
    stepRuns: of("step_runs"),
    executions: of("executions"),
  };
}

/** `callers` are the workflows around this one: one that calls itself has no bound. */
function workflowAmounts(source: PlanSource, callers: readonly PlanSource[]): Amounts {
  const outline = outlineOf(source);
  let recursive = false;
  const called: AmountsOfCall = (child) => {
    if (child !== source && !callers.includes(child)) return workflowAmounts(child, [...callers, source]);
    recursive = true;
    return amount({ executions: { least: 1, most: null } });
  };
  const steps = new StepAmounts(outline, called);
  const body =
    outline.graph === undefined ? steps.list(source.definition.steps) : graphAmounts(outline, outline.graph, steps);
  const own = all([amount({ executions: { least: 1, most: 1 } }), body]);
  return recursive ? new Map([...own].map(([name, range]) => [name, { least: range.least, most: null }])) : own;
}
