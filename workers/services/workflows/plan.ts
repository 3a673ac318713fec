import { pinAction } from "../../../connectors/manifest/pin-action.ts";
import { digestOf } from "../../../contracts/canonical-json.ts";
import { type Pins, pinKey } from "../../../engine/connector.ts";
import type { ReadWorkflow, ReadWorkflows } from "../../../engine/definition/read-workflows.ts";
import type { ActionStep } from "../../../engine/definition/types.ts";
import type { PlanSource } from "../../../engine/plan/types.ts";
import { nearestName } from "../../../engine/source/nearest-name.ts";
import type { Problem } from "../../../engine/source/problem.ts";
import type { JsonObject } from "../../../engine/json.ts";
import { type Catalog, catalogOf, qualifiedName } from "../connectors/catalog.ts";
import { findVersion } from "../connectors/find.ts";
import { manifestOf } from "../connectors/manifest-of.ts";
import type { Context } from "../context.ts";
import { misplacedSecrets } from "./misplaced-secrets.ts";
import { stepsOf } from "./steps-of.ts";
import { unavailableFeatures } from "./unavailable-features.ts";

/** A workflow with its connectors pinned, and what stands in its way. */
export interface Planning {
  source: PlanSource;
  digest: string;
  /** Why it cannot be published or started. */
  problems: Problem[];
  /** Valid, but not runnable by this deployment: steps of kinds that the engine does not run yet. */
  unavailable: Problem[];
}

async function pinStep(
  context: Context,
  catalog: Catalog,
  read: ReadWorkflow,
  step: ActionStep,
  pins: Pins,
): Promise<Problem[]> {
  const found = findVersion(catalog, step.connector);
  if (!found.found) return [read.problemAt(step.id, "connector", found.message, found.suggestion)];
  const { entry, version } = found;
  const manifest = await manifestOf(context, entry, version);
  if (manifest === undefined)
    return [read.problemAt(step.id, "connector", `The connector "${qualifiedName(entry)}" ${version} is gone.`)];
  const pin = pinAction(manifest, step.action);
  if (pin === undefined) {
    const names = manifest.actions.map((action) => action.name);
    const message = `The connector "${qualifiedName(entry)}" ${version} has no action "${step.action}".`;
    return [read.problemAt(step.id, "action", message, nearestName(step.action, names))];
  }
  pins[pinKey(step.connector, step.action)] = pin;
  return misplacedSecrets(step, pin).map((pointer) =>
    read.problemAt(
      step.id,
      `input${pointer}`,
      `A secret may not stand here: the action "${step.action}" does not mark this member as secret.`,
    ),
  );
}

/** A plan source is plain JSON by its type's own promise. */
function asJson(source: PlanSource): JsonObject {
  return source as unknown as JsonObject;
}

/**
 * Resolves every connector reference of a workflow to a version, and pins it: from then on the run does not depend on what
 * is published later (section 3).
 */
export async function planWorkflow(context: Context, read: ReadWorkflow): Promise<Planning> {
  const pins: Pins = {};
  const problems: Problem[] = [];
  const actions = [...stepsOf(read.definition)].filter((step) => step.kind === "action");
  if (actions.length > 0) {
    const catalog = await catalogOf(context);
    for (const step of actions) problems.push(...(await pinStep(context, catalog, read, step, pins)));
  }
  const source: PlanSource = { definition: read.definition, pins };
  return { source, digest: digestOf(asJson(source)), problems, unavailable: unavailableFeatures(read) };
}

/** Every workflow of a document, planned, and every problem of it: those of the text and those of its connectors at once. */
export async function planDocument(
  context: Context,
  read: ReadWorkflows,
): Promise<{ plannings: Planning[]; problems: Problem[]; unavailable: Problem[] }> {
  const plannings: Planning[] = [];
  for (const workflow of read.workflows) plannings.push(await planWorkflow(context, workflow));
  // Where the text is already refused, what follows from it is not worth saying.
  const told = new Set(read.problems.map((problem) => problem.path));
  const more = plannings.flatMap((planning) => planning.problems).filter((problem) => !told.has(problem.path));
  const place = (problem: Problem) => (problem.line ?? 0) * 100_000 + (problem.column ?? 0);
  const problems = [...read.problems, ...more].sort((a, b) => place(a) - place(b));
  return { plannings, problems, unavailable: plannings.flatMap((planning) => planning.unavailable) };
}
