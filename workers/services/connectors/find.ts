import { maxSatisfying, validRange } from "semver";
import { type ConnectorReference, parseConnectorReference } from "../../../engine/definition/connector-reference.ts";
import { nearestName } from "../../../engine/source/nearest-name.ts";
import { type Catalog, type CatalogEntry, qualifiedName } from "./catalog.ts";

export interface NotFound {
  found: false;
  message: string;
  suggestion?: string;
  /** The full names that a bare one could mean: it is there, and nothing of that name must be looked for elsewhere (threat T23). */
  ambiguous?: string[];
}

/** A version range as people write it: an exact version, a range of npm's kind, or part of a version. */
export function pickVersion(entry: CatalogEntry, range: string | undefined): string | null {
  if (range === undefined) return entry.installed;
  if (entry.versions.includes(range)) return range;
  if (validRange(range) === null) return null;
  // What is deprecated is taken only where nothing else fits.
  const current = entry.versions.filter((it) => !entry.facts[it]?.deprecated);
  return maxSatisfying(current, range) ?? maxSatisfying(entry.versions, range);
}

/** All that a bare name can mean: one entry, where it says enough. */
function byBareName(catalog: Catalog, name: string): CatalogEntry[] {
  const same = [...catalog.values()].filter((entry) => entry.name === name);
  const community = same.find((entry) => entry.namespace === "community");
  return community === undefined ? same : [community];
}

/** The connector that a reference means: `community` wins a bare name (section 10). */
export function findConnector(
  catalog: Catalog,
  reference: string,
): { found: true; entry: CatalogEntry; parsed: ConnectorReference } | NotFound {
  const parsed = parseConnectorReference(reference);
  if (parsed === undefined) return { found: false, message: `"${reference}" does not name a connector.` };
  const { namespace, name } = parsed;
  const same = namespace === undefined ? byBareName(catalog, name) : [];
  if (same.length > 1) return severalCalled(name, same);
  const entry = namespace === undefined ? same[0] : catalog.get(qualifiedName({ namespace, name }));
  if (entry !== undefined) return { found: true, entry, parsed };
  const written = namespace === undefined ? name : `${namespace}/${name}`;
  const names = namespace === undefined ? [...catalog.values()].map((it) => it.name) : [...catalog.keys()];
  return { found: false, message: `No connector "${written}" is installed.`, suggestion: nearestName(written, names) };
}

/** Which of several is meant, nobody may guess: the message names them. */
export function severalCalled(name: string, entries: readonly CatalogEntry[]): NotFound & { ambiguous: string[] } {
  const ambiguous = entries.map(qualifiedName).sort();
  const message = `Several connectors are called "${name}": write the one that you mean with its namespace, ${ambiguous.join(" or ")}.`;
  return { found: false, message, ambiguous };
}

/** The version of it that the reference means, or why there is none. */
export function findVersion(
  catalog: Catalog,
  reference: string,
): { found: true; entry: CatalogEntry; version: string; range: string | undefined } | NotFound {
  const connector = findConnector(catalog, reference);
  if (!connector.found) return connector;
  const { entry, parsed } = connector;
  if (entry.installed === null)
    return { found: false, message: `The connector "${qualifiedName(entry)}" is not installed.` };
  const version = pickVersion(entry, parsed.range);
  if (version !== null) return { found: true, entry, version, range: parsed.range };
  const message = `No version of "${qualifiedName(entry)}" is ${parsed.range}: there is ${entry.versions.join(", ")}.`;
  return { found: false, message };
}
