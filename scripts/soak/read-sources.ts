import { allSteps } from "../../engine/definition/child-blocks.ts";
import { readWorkflows } from "../../engine/definition/read-workflows.ts";
import type { WorkflowDefinition } from "../../engine/definition/types.ts";
import { type PinnedAction, type Pins, pinKey } from "../../engine/connector.ts";
import { type PlanSource, subworkflowKey } from "../../engine/plan/types.ts";
import { SOAK_WORKFLOWS } from "./workflows.ts";

/** The soak's workflows by slug, read and pinned here: what the platform made of them plays no part in what is expected. */
export function readSources(): Map<string, PlanSource> {
  const { workflows, problems } = readWorkflows(JSON.stringify({ workflows: SOAK_WORKFLOWS }), "json");
  const [problem] = problems;
  if (problem) throw new Error(`a workflow of the soak is not valid: ${problem.path} ${problem.message}`);
  const definitions = workflows.map(({ definition }) => definition);
  return new Map(definitions.map((definition) => [definition.slug, sourceOf(definition, definitions)]));
}

function sourceOf(definition: WorkflowDefinition, all: readonly WorkflowDefinition[]): PlanSource {
  const pins: Pins = {};
  const workflows: NonNullable<PlanSource["workflows"]> = {};
  for (const step of [...allSteps(definition.steps), ...allSteps(definition.graph?.nodes ?? [])]) {
    if (step.kind === "action") pins[pinKey(step.connector, step.action)] = pinned(step.action);
    if (step.kind !== "subworkflow") continue;
    const called = all.find(({ slug }) => slug === step.workflow);
    if (!called) throw new Error(`the soak has no workflow ${step.workflow}`);
    workflows[subworkflowKey(step)] = sourceOf(called, all);
  }
  return { definition, pins, workflows };
}

function pinned(action: string): PinnedAction {
  const own =
    action === "add"
      ? { connector: "calculator", plugin: "toolbox" as const }
      : { connector: "soak", plugin: "http" as const };
  return { namespace: "community", version: "1.0.0", action, idempotent: action !== "charge", handler: {}, ...own };
}
