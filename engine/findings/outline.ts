import type { PinnedAction } from "../connector.ts";
import { pinKey } from "../connector.ts";
import type { StepDefinition, WorkflowDefinition } from "../definition/types.ts";
import type { PlanSource } from "../plan/types.ts";
import { type GraphPaths, graphPaths } from "./graph-paths.ts";
import { type StepPlace, stepPlaces } from "./step-places.ts";

/** A workflow as its definition and its pins tell of it, without its file. */
export interface Outline {
  definition: WorkflowDefinition;
  source: PlanSource;
  places: ReadonlyMap<string, StepPlace>;
  graph: GraphPaths | undefined;
  /** What an action step was pinned to; undefined where its connector is not known. */
  pinOf(step: StepDefinition): PinnedAction | undefined;
}

export function outlineOf(source: PlanSource): Outline {
  const { definition } = source;
  return {
    definition,
    source,
    places: stepPlaces(definition),
    graph: definition.graph && graphPaths(definition.graph),
    pinOf: (step) => (step.kind === "action" ? source.pins[pinKey(step.connector, step.action)] : undefined),
  };
}
