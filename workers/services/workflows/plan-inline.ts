import { success, type Result } from "../../../contracts/errors.ts";
import { validationFailure } from "../../../contracts/validation-failure.ts";
import { type ReadWorkflows, readTree, readWorkflowValue } from "../../../engine/definition/read-workflows.ts";
import { slugOf } from "../../../engine/definition/slug.ts";
import type { JsonObject } from "../../../engine/json.ts";
import { nearestName } from "../../../engine/source/nearest-name.ts";
import type { SourceTree } from "../../../engine/source/tree.ts";
import type { Context } from "../context.ts";
import { planDocument } from "./plan.ts";
import type { PlannedWorkflow } from "./planned-workflow.ts";
import { rememberPlan } from "./resolve.ts";

/** The plan of one workflow of a document that was read: the only one, or the one named. */
async function planRead(
  context: Context,
  read: ReadWorkflows,
  name: string | undefined,
  at: string,
): Promise<Result<PlannedWorkflow>> {
  const refuse = (problems: ReadWorkflows["problems"]) =>
    validationFailure(problems.map((it) => ({ ...it, path: at + it.path })));
  const names = read.workflows.map((it) => it.definition.name);
  const wanted =
    name === undefined
      ? read.workflows
      : read.workflows.filter((it) => it.definition.name === name || it.definition.slug === slugOf(name));
  if (read.problems.length === 0 && wanted.length !== 1) {
    const message =
      wanted.length === 0
        ? `The definition has no workflow "${name ?? ""}".`
        : `The definition holds several workflows: name one of ${names.join(", ")}.`;
    return validationFailure([{ path: "/workflow_name", message, suggestion: nearestName(name ?? "", names) }]);
  }
  const { plannings, problems, unavailable } = await planDocument(context, read, wanted);
  const [planning] = plannings;
  const refused = [...problems, ...unavailable];
  if (refused.length > 0 || planning === undefined) return refuse(refused);
  return success(
    context.ports.plans.get(planning.digest)?.value ?? rememberPlan(context, planning.digest, planning.source),
  );
}

/** The plan of a definition that came as text: what is wrong with it is said with line and column. */
export function planTree(
  context: Context,
  tree: SourceTree,
  name: string | undefined,
): Promise<Result<PlannedWorkflow>> {
  return planRead(context, readTree(tree, []), name, "");
}

/** The plan of an inline definition. Its connectors are pinned now, for this run alone. */
export function planInline(
  context: Context,
  definition: JsonObject,
  name: string | undefined,
): Promise<Result<PlannedWorkflow>> {
  return planRead(context, readWorkflowValue(definition), name, "/definition");
}
