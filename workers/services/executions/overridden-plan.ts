import type { StartBody } from "../../../contracts/api/executions.ts";
import type { Overrides } from "../../../contracts/api/overrides.ts";
import { digestOf } from "../../../contracts/canonical-json.ts";
import { success, type Result } from "../../../contracts/errors.ts";
import { validationFailure } from "../../../contracts/validation-failure.ts";
import type { JsonObject } from "../../../engine/json.ts";
import type { PlanSource } from "../../../engine/plan/types.ts";
import type { Problem } from "../../../engine/source/problem.ts";
import type { Context } from "../context.ts";
import type { PlannedWorkflow } from "../workflows/planned-workflow.ts";
import { rememberPlan } from "../workflows/resolve.ts";
import { overrideSteps } from "./override-steps.ts";
import { readRetryOverride } from "./override-retry.ts";

/** A member of `overrides`, else of its other name, and where it stands. */
function given<Member extends keyof Overrides>(
  { overrides, config_override: other }: StartBody,
  member: Member,
): { value: Overrides[Member]; pointer: string } {
  if (overrides?.[member] !== undefined) return { value: overrides[member], pointer: `/overrides/${member}` };
  return { value: other?.[member] as Overrides[Member], pointer: `/config_override/${member}` };
}

/** The limit of the whole run that a start asks for. */
export function overriddenTimeout(body: StartBody): Overrides["timeout"] {
  return given(body, "timeout").value;
}

/**
 * A published workflow whose steps do what stands in it. A secret that is for this workflow alone is not for a start that brings
 * its own definition, whatever its name, nor for one that changes what a step sends.
 */
export function isAsPublished(body: StartBody): boolean {
  return body.workflow !== undefined && body.definition === undefined && given(body, "steps").value === undefined;
}

/** A plan source is plain JSON by its type's own promise. */
function asJson(source: PlanSource): JsonObject {
  return source as unknown as JsonObject;
}

/**
 * The plan with what this start changes of it: a version of its own, with a digest of its own, that is published nowhere.
 * The plan itself where nothing is changed.
 */
export function overriddenPlan(context: Context, planned: PlannedWorkflow, body: StartBody): Result<PlannedWorkflow> {
  const retry = given(body, "retry");
  const steps = given(body, "steps");
  if (retry.value === undefined && steps.value === undefined) return success(planned);
  const source = structuredClone(planned.source);
  const problems: Problem[] = [];
  if (retry.value !== undefined) {
    const read = readRetryOverride(retry.value, retry.pointer);
    problems.push(...read.problems);
    source.definition.retry = { ...source.definition.retry, ...read.retry };
  }
  if (steps.value !== undefined) problems.push(...overrideSteps(source, steps.value, steps.pointer));
  if (problems.length > 0) return validationFailure(problems);
  const digest = digestOf(asJson(source));
  return success(context.ports.plans.get(digest)?.value ?? rememberPlan(context, digest, source));
}
