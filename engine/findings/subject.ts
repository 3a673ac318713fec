import type { ExpressionField, ExpressionUse } from "../definition/expression-use.ts";
import type { ReadWorkflow } from "../definition/read-workflows.ts";
import type { StepDefinition } from "../definition/types.ts";
import type { Reference } from "../expressions/types.ts";
import type { PlanSource } from "../plan/types.ts";
import { type ExpressionShape, guardedOffsets, shapeOf } from "./expression-shape.ts";
import { type Outline, outlineOf } from "./outline.ts";

/** A reference with the expression it stands in. */
export interface FoundReference {
  use: ExpressionUse;
  reference: Reference;
  /** The expression provides for its being missing. */
  guarded: boolean;
  /** Stands where nothing is as good as false, or as no items. */
  tolerated: boolean;
}

const TOLERANT_FIELDS: ReadonlySet<ExpressionField> = new Set(["condition", "for_each", "edge", "until"]);

function tolerates({ field, pointer }: ExpressionUse): boolean {
  return TOLERANT_FIELDS.has(field) || (field === "logic" && /\/(condition|items)$/.test(pointer));
}

/** What all rules look at: one workflow without problems, with what can be known of it prepared once. */
export interface Subject extends Outline {
  read: ReadWorkflow;
  references: readonly FoundReference[];
  /** Every expression by its place in the file. */
  shapes: ReadonlyMap<ExpressionUse, ExpressionShape>;
  /** Steps in the order of the file, outer before inner. */
  steps: readonly StepDefinition[];
  /** JSON pointer of a step's field, under the name that the file uses. */
  pointerOf(stepId: string, names: readonly string[]): string;
}

/** Prepares a workflow for the rules. */
export function subjectOf(read: ReadWorkflow, source: PlanSource): Subject {
  const outline = outlineOf(source);
  const shapes = new Map<ExpressionUse, ExpressionShape>();
  const references: FoundReference[] = [];
  for (const use of read.expressions) {
    const shape = shapeOf(String(use.node.value));
    shapes.set(use, shape);
    const guarded = guardedOffsets(shape);
    for (const reference of use.references)
      references.push({ use, reference, guarded: guarded.has(reference.offset), tolerated: tolerates(use) });
  }
  return {
    ...outline,
    read,
    references,
    shapes,
    steps: [...outline.places.values()].flatMap((place) => place.at(-1)?.step ?? []),
    pointerOf: (stepId, names) => fieldPointer(read, stepId, names),
  };
}

/*
 * Of several names of one field the file has one. A member that is there has a place of its own; one that is not has that of
 * the map it would stand in.
 */
function fieldPointer(read: ReadWorkflow, stepId: string, names: readonly string[]): string {
  const step = read.pointerOf(stepId) ?? read.pointer;
  const around = read.locate(step);
  const written = names.find((name) => {
    const place = read.locate(`${step}/${name}`);
    return place.line !== around.line || place.column !== around.column;
  });
  const name = written ?? names[0];
  return name === undefined ? step : `${step}/${name}`;
}
