import { success, type Result } from "../../../contracts/errors.ts";
import type { ExecutionPlan } from "../../../contracts/rpc.ts";
import { validationFailure } from "../../../contracts/validation-failure.ts";
import { prepareInputs } from "../../../engine/definition/validate-inputs.ts";
import type { JsonObject } from "../../../engine/json.ts";
import type { PlanSource } from "../../../engine/plan/types.ts";
import type { Context } from "../context.ts";
import { planNeeds } from "../workflows/plan-needs.ts";
import type { PlannedWorkflow } from "../workflows/planned-workflow.ts";
import { resolveWorkflow } from "../workflows/resolve.ts";
import { environmentValues } from "./environment-values.ts";
import { inputScope } from "./input-scope.ts";
import { refuseCaller } from "./refuse-caller.ts";

/** With what an execution goes on. */
interface Next {
  digest: string;
  source: PlanSource;
  /** It is another version than before. */
  changed: boolean;
  /** Where they are others than before, or are declared anew. */
  inputs?: JsonObject;
  env?: JsonObject;
}

/** The version that an execution goes on with, its own or another of the same workflow, and with what: checked as a start is. */
export async function nextVersion(
  context: Context,
  executionId: string,
  plan: ExecutionPlan,
  { version, inputs: given }: { version?: string; inputs?: JsonObject },
): Promise<Result<Next>> {
  const planned = await planOf(context, plan, version);
  if (!planned.ok) return planned;
  const { digest, source, envNames } = planned.value;
  const refused = refuseCaller(context, source.definition);
  if (refused) return refused;
  const { slug, version: running } = source.definition;
  const env = await environmentValues(context, envNames, plan.published ? { workflow: `${slug}@${running}` } : {});
  const changed = digest !== plan.digest;
  if (given === undefined && !changed) return success({ digest, source, changed, env });
  const scope = inputScope(source.definition, { env: env ?? {}, executionId, now: context.ports.now() });
  const prepared = prepareInputs(source.definition, { ...plan.inputs, ...given }, scope);
  if (!prepared.ok) return validationFailure(prepared.problems);
  return success({ digest, source, changed, env, inputs: prepared.inputs });
}

async function planOf(
  context: Context,
  { digest, source }: ExecutionPlan,
  version: string | undefined,
): Promise<Result<PlannedWorkflow>> {
  if (version === undefined) return success({ digest, source, ...planNeeds(source) });
  const { slug } = source.definition;
  return resolveWorkflow(context, version === "latest" ? slug : `${slug}@${version}`);
}
