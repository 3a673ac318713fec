import { compilePlan } from "../../../engine/plan/compile-plan.ts";
import type { PlanSource } from "../../../engine/plan/types.ts";
import type { PlannedWorkflow } from "./planned-workflow.ts";
import { stepsOf } from "./steps-of.ts";

/** A plan source and all that it calls. */
export function* withCalled(source: PlanSource): Generator<PlanSource> {
  yield source;
  for (const called of Object.values(source.workflows ?? {})) if (called !== "self") yield* withCalled(called);
}

/** What a start must bring for a workflow and for all that it calls. Throws when a source does not compile: a bug. */
export function planNeeds(source: PlanSource): Pick<PlannedWorkflow, "envNames" | "asksWho"> {
  const envNames = new Set<string>();
  let asksWho = false;
  for (const plan of withCalled(source)) {
    for (const name of compilePlan(plan).envNames) envNames.add(name);
    // Who starts the workflow itself is asked before the run; who started a called one, in it.
    asksWho ||= plan !== source && plan.definition.authorization !== undefined;
    asksWho ||= [...stepsOf(plan.definition)].some((step) => step.authorization !== undefined);
  }
  return { envNames: [...envNames], asksWho };
}
