import { childBlocks } from "../definition/child-blocks.ts";
import type { StepDefinition, WorkflowDefinition } from "../definition/types.ts";

/** One list of steps around a step. */
export interface Frame {
  /** The step of this list that is, or contains, the step in question. */
  step: StepDefinition;
  list: readonly StepDefinition[];
  index: number;
  /** The block as `childBlocks` names it: "then", "cases/high"; "" for the workflow's own steps or nodes. */
  block: string;
  /** One after the other; false: all at once, or in the order of a graph. */
  sequential: boolean;
  /** `compensate` or `on_shutdown`. */
  apart: boolean;
}

/** Where a step stands: its lists, outermost first. The last frame's step is the step itself. */
export type StepPlace = readonly Frame[];

/** The place of every step by its id. In a graph the first frame is the node. */
export function stepPlaces(definition: WorkflowDefinition): ReadonlyMap<string, StepPlace> {
  const places = new Map<string, StepPlace>();
  placeList(definition.steps, { block: "", sequential: true, apart: false }, [], places);
  placeList(definition.graph?.nodes ?? [], { block: "", sequential: false, apart: false }, [], places);
  return places;
}

function placeList(
  list: readonly StepDefinition[],
  around: Pick<Frame, "block" | "sequential" | "apart">,
  outer: StepPlace,
  places: Map<string, StepPlace>,
): void {
  for (const [index, step] of list.entries()) {
    const place = [...outer, { ...around, step, list, index }];
    places.set(step.id, place);
    for (const { name, steps, sequential, apart } of childBlocks(step))
      placeList(steps, { block: name, sequential, apart }, place, places);
  }
}

/** The step repeats what is in it: from outside, what is in it cannot be addressed. */
export function isLoop(step: StepDefinition): boolean {
  return step.kind === "forEach" || step.forEach !== undefined;
}
