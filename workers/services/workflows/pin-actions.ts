import type { AddedReach } from "../../../connectors/manifest/added-reach.ts";
import { pinAction } from "../../../connectors/manifest/pin-action.ts";
import { type Pins, pinKey } from "../../../engine/connector.ts";
import type { ReadWorkflow } from "../../../engine/definition/read-workflows.ts";
import type { ActionStep } from "../../../engine/definition/types.ts";
import { nearestName } from "../../../engine/source/nearest-name.ts";
import type { Problem } from "../../../engine/source/problem.ts";
import { unconsentedReach } from "../connectors/unconsented-reach.ts";
import { allowedVersion } from "../connectors/allowed-version.ts";
import { type Catalog, type CatalogEntry, catalogOf, qualifiedName } from "../connectors/catalog.ts";
import { findVersion } from "../connectors/find.ts";
import { manifestOf } from "../connectors/manifest-of.ts";
import { keepModules } from "../connectors/keep-modules.ts";
import type { VersionFacts } from "../connectors/version-facts.ts";
import type { Context } from "../context.ts";
import { misplacedSecrets } from "./misplaced-secrets.ts";
import { stepsOf } from "./steps-of.ts";

function deprecation(
  entry: CatalogEntry,
  version: string,
  { reason, replacement_version }: NonNullable<VersionFacts["deprecated"]>,
): string {
  const instead = replacement_version === null ? "" : ` Use ${replacement_version} instead.`;
  const ended = /[.!?]$/.test(reason) ? reason : `${reason}.`;
  return `"${qualifiedName(entry)}" ${version} is deprecated: ${ended}${instead}`;
}

/** Names in a message; of a connector with very many the first. */
const MOST_NAMES = 30;
function listed(names: readonly string[]): string {
  const more = names.length - MOST_NAMES;
  return names.slice(0, MOST_NAMES).join(", ") + (more > 0 ? ` and ${more} more` : "");
}

/** What a version has beyond `another`, in words. */
function saidOf({ secrets, hosts, context }: AddedReach, another: string): string[] {
  return [
    ...(secrets.length > 0 ? [`asks for secrets that ${another} does not: ${listed(secrets)}`] : []),
    ...(hosts.length > 0 ? [`sends to hosts that ${another} does not: ${listed(hosts)}`] : []),
    ...(context.length > 0 ? [`is given more of a run than ${another}: ${listed(context)}`] : []),
  ];
}

async function pinStep(
  context: Context,
  catalog: Catalog,
  read: ReadWorkflow,
  step: ActionStep,
  pins: Pins,
  notices: Problem[],
): Promise<Problem[]> {
  const found = findVersion(catalog, step.connector);
  if (!found.found) return [read.problemAt(step.id, "connector", found.message, found.suggestion)];
  const { entry } = found;
  const allowed = allowedVersion(context, catalog, entry, found.version, found.range);
  if (!allowed.ok) return [read.problemAt(step.id, "connector", allowed.message)];
  const { version } = allowed;
  const deprecated = entry.facts[version]?.deprecated;
  if (deprecated) notices.push(read.problemAt(step.id, "connector", deprecation(entry, version, deprecated)));
  const loaded = await manifestOf(context, entry, version);
  if (!loaded.ok) return [read.problemAt(step.id, "connector", loaded.message)];
  const manifest = loaded.value;
  const unconsented = await unconsentedReach(context, entry, manifest);
  if (!unconsented.ok) return [read.problemAt(step.id, "connector", unconsented.message)];
  const more = saidOf(unconsented.value, `the installed ${entry.installed}`);
  if (more.length > 0)
    return [
      read.problemAt(
        step.id,
        "connector",
        `"${qualifiedName(entry)}" ${version} ${more.join(", and ")}. Install ${version} to let it have them.`,
      ),
    ];
  const pin = pinAction(manifest, step.action);
  if (pin === undefined) {
    const names = manifest.actions.map((action) => action.name);
    const message = `The connector "${qualifiedName(entry)}" ${version} has no action "${step.action}": it has ${listed(names)}.`;
    return [read.problemAt(step.id, "action", message, nearestName(step.action, names))];
  }
  if (pin.plugin === "code") await keepModules(context, manifest, pin);
  const digest = entry.facts[version]?.publisher ? { digest: entry.facts[version]?.sha256 } : {};
  pins[pinKey(step.connector, step.action)] = { ...pin, ...digest };
  return misplacedSecrets(step, pin).map((pointer) =>
    read.problemAt(
      step.id,
      `input${pointer}`,
      `A secret may not stand here: the action "${step.action}" does not mark this member as secret.`,
    ),
  );
}

/** Resolves every connector reference of a workflow to a version: from then on it does not depend on what is published later. */
export async function pinActions(
  context: Context,
  read: ReadWorkflow,
): Promise<{
  pins: Pins;
  problems: Problem[];
  /** What its author would want to know of a connector. */
  notices: Problem[];
}> {
  const pins: Pins = {};
  const problems: Problem[] = [];
  const notices: Problem[] = [];
  const actions = [...stepsOf(read.definition)].filter((step) => step.kind === "action");
  if (actions.length > 0) {
    const catalog = await catalogOf(context);
    for (const step of actions) problems.push(...(await pinStep(context, catalog, read, step, pins, notices)));
  }
  return { pins, problems, notices };
}
