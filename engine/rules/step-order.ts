import { childBlocks } from "../definition/child-blocks.ts";
import type { ExpressionField } from "../definition/expression-use.ts";
import type { StepDefinition } from "../definition/types.ts";
import { atReference, type Rule } from "./rule.ts";

/** Where a step stands: one entry for each list of steps around it, outermost first. */
type Position = { list: readonly StepDefinition[]; index: number; ordered: boolean; apart: boolean }[];

/** Fields that are evaluated after the step itself has its output. */
const AFTER_THE_STEP: ReadonlySet<ExpressionField> = new Set(["set", "keep"]);

/** A step reads only what can have run before it: not itself, not the step around it, not one further down the same list. */
export const stepOrder: Rule = function* (workflow) {
  if (workflow.definition.graph !== undefined) return;
  const positions = new Map<string, Position>();
  place(workflow.definition.steps, true, false, [], positions);
  for (const use of workflow.expressions) {
    const reader = use.scope.stepId;
    const own = reader === undefined ? undefined : positions.get(reader);
    if (reader === undefined || own === undefined || AFTER_THE_STEP.has(use.field)) continue;
    for (const reference of use.references) {
      const [id, member] = reference.path;
      const other = reference.root === "steps" && id !== undefined ? positions.get(id) : undefined;
      if (id === undefined || other === undefined) continue;
      if (id === reader)
        yield atReference(workflow, use, reference, `step "${id}" refers to itself: it has no output yet`);
      else if (isLater(own, other))
        yield atReference(workflow, use, reference, `step "${id}" runs after step "${reader}": it has no output yet`);
      else if (isAround(own, other) && (member === undefined || !positions.has(member))) {
        yield atReference(workflow, use, reference, `step "${id}" contains step "${reader}": it has no output yet`);
      }
    }
  }
};

function place(
  list: readonly StepDefinition[],
  ordered: boolean,
  apart: boolean,
  outer: Position,
  positions: Map<string, Position>,
): void {
  for (const [index, step] of list.entries()) {
    const position = [...outer, { list, index, ordered, apart }];
    positions.set(step.id, position);
    for (const block of childBlocks(step))
      place(block.steps, block.sequential, apart || block.apart, position, positions);
  }
}

function isLater(own: Position, other: Position): boolean {
  for (const [level, here] of own.entries()) {
    const there = other[level];
    if (there === undefined || there.list !== here.list) return false;
    // A compensation runs when the steps around it are over: only within its own block is anything still to come.
    if (there.index !== here.index) return here.apart === own.at(-1)?.apart && here.ordered && there.index > here.index;
  }
  return false;
}

function isAround(own: Position, other: Position): boolean {
  if (own.length <= other.length) return false;
  return (
    !own.some(({ apart }) => apart) &&
    other.every((there, level) => own[level]?.list === there.list && own[level]?.index === there.index)
  );
}
