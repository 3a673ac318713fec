import { pinAction } from "../../../connectors/manifest/pin-action.ts";
import { type Pins, pinKey } from "../../../engine/connector.ts";
import type { ReadWorkflow } from "../../../engine/definition/read-workflows.ts";
import type { ActionStep } from "../../../engine/definition/types.ts";
import { nearestName } from "../../../engine/source/nearest-name.ts";
import type { Problem } from "../../../engine/source/problem.ts";
import { type Catalog, catalogOf, qualifiedName } from "../connectors/catalog.ts";
import { findVersion } from "../connectors/find.ts";
import { manifestOf } from "../connectors/manifest-of.ts";
import type { Context } from "../context.ts";
import { misplacedSecrets } from "./misplaced-secrets.ts";
import { stepsOf } from "./steps-of.ts";

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

/** Resolves every connector reference of a workflow to a version: from then on it does not depend on what is published later. */
export async function pinActions(context: Context, read: ReadWorkflow): Promise<{ pins: Pins; problems: Problem[] }> {
  const pins: Pins = {};
  const problems: Problem[] = [];
  const actions = [...stepsOf(read.definition)].filter((step) => step.kind === "action");
  if (actions.length > 0) {
    const catalog = await catalogOf(context);
    for (const step of actions) problems.push(...(await pinStep(context, catalog, read, step, pins)));
  }
  return { pins, problems };
}
