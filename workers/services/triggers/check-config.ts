import { and, eq, ne } from "drizzle-orm";
import type { Failure } from "../../../contracts/errors.ts";
import { success, type Result } from "../../../contracts/errors.ts";
import { validationFailure } from "../../../contracts/validation-failure.ts";
import { readWorkflowValue } from "../../../engine/definition/read-workflows.ts";
import type { JsonObject } from "../../../engine/json.ts";
import type { Problem } from "../../../engine/source/problem.ts";
import { triggerSpec } from "../../../engine/triggers/trigger-spec.ts";
import { triggers } from "../../database/tables.ts";
import type { Context } from "../context.ts";
import { resolveWorkflow } from "../workflows/resolve.ts";
import { ownTriggers } from "./own-triggers.ts";

const AT = "/triggers/0";

/** Checks a trigger of a request by the reader of workflow files, against the inputs of the workflow that it starts. */
export async function checkConfig(
  context: Context,
  workflow: string,
  config: JsonObject,
  id?: string,
): Promise<Result<{ slug: string }>> {
  if (workflow.includes("@"))
    return validationFailure([
      { path: "/workflow", message: "A trigger starts the newest version: give the slug alone." },
    ]);
  const planned = await resolveWorkflow(context, workflow);
  if (!planned.ok) {
    if (planned.code !== "NOT_FOUND") return planned;
    return validationFailure([{ path: "/workflow", message: planned.message }]);
  }
  const { inputs, slug } = planned.value.source.definition;
  const declared = Object.fromEntries(Object.keys(inputs).map((name) => [name, {}]));
  const read = readWorkflowValue({ name: "trigger", inputs: declared, triggers: [config], steps: [] });
  const problems = read.problems.map((problem) => ({ ...problem, path: problem.path.replace(AT, "") }));
  const [first] = problems.length > 0 ? [validationFailure(problems)] : await pathTaken(context, [config], slug, id);
  return first ?? success({ slug });
}

/** Refusals of webhook paths that another trigger of the tenant and environment has. */
async function pathTaken(
  context: Context,
  configs: readonly JsonObject[],
  slug: string,
  id?: string,
): Promise<Failure[]> {
  const problems = await takenPaths(context, configs, slug, id);
  return problems.length > 0 ? [validationFailure(problems)] : [];
}

/** The refusal where another came first between the look and the write. */
export function pathIsTaken(path: string | null): Failure {
  return validationFailure([{ path: "/path", message: `The path "${path}" is that of another webhook.` }]);
}

/** Webhook paths among `configs` that another trigger has: of another workflow, or made by a request (`id`: the one that is changed). */
export async function takenPaths(
  context: Context,
  configs: readonly JsonObject[],
  slug: string,
  id: string | undefined,
  pointer: (index: number) => string = () => "/path",
): Promise<Problem[]> {
  const problems: Problem[] = [];
  for (const [index, config] of configs.entries()) {
    const spec = triggerSpec(config);
    if (spec.type !== "webhook") continue;
    const rows = await context.ports.database
      .select({ id: triggers.id, slug: triggers.workflowSlug, origin: triggers.origin })
      .from(triggers)
      .where(
        and(ownTriggers(context), eq(triggers.hookPath, spec.path), id === undefined ? undefined : ne(triggers.id, id)),
      );
    // Those of an older version of the same file go when this one comes.
    const publishing = id === PUBLISHED;
    const other = rows.find((row) => !(publishing && row.slug === slug && row.origin === "workflow"));
    if (other === undefined) continue;
    const message = `The path "${spec.path}" is that of another webhook, which starts "${other.slug}".`;
    problems.push({ path: pointer(index), message });
  }
  return problems;
}

/** In place of an id: the triggers are those of a file that is being published. */
export const PUBLISHED = "published";
