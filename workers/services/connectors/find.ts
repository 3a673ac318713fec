import { maxSatisfying, validRange } from "semver";
import { type ConnectorReference, parseConnectorReference } from "../../../engine/definition/connector-reference.ts";
import { nearestName } from "../../../engine/source/nearest-name.ts";
import { type Catalog, type CatalogEntry, qualifiedName } from "./catalog.ts";

export interface NotFound {
  found: false;
  message: string;
  suggestion?: string;
}

/** A version range as people write it: an exact version, a range of npm's kind, or part of a version. */
export function pickVersion(entry: CatalogEntry, range: string | undefined): string | null {
  if (range === undefined) return entry.installed;
  if (entry.versions.includes(range)) return range;
  return validRange(range) === null ? null : maxSatisfying(entry.versions, range);
}

function byBareName(catalog: Catalog, name: string): CatalogEntry | undefined {
  const same = [...catalog.values()].filter((entry) => entry.name === name);
  return same.find((entry) => entry.namespace === "community") ?? (same.length === 1 ? same[0] : undefined);
}

/** The connector that a reference means: `community` wins a bare name (section 10). */
export function findConnector(
  catalog: Catalog,
  reference: string,
): { found: true; entry: CatalogEntry; parsed: ConnectorReference } | NotFound {
  const parsed = parseConnectorReference(reference);
  if (parsed === undefined) return { found: false, message: `"${reference}" does not name a connector.` };
  const { namespace, name } = parsed;
  const entry = namespace === undefined ? byBareName(catalog, name) : catalog.get(qualifiedName({ namespace, name }));
  if (entry !== undefined) return { found: true, entry, parsed };
  const written = namespace === undefined ? name : `${namespace}/${name}`;
  const names = namespace === undefined ? [...catalog.values()].map((it) => it.name) : [...catalog.keys()];
  return { found: false, message: `No connector "${written}" is installed.`, suggestion: nearestName(written, names) };
}

/** The version of it that the reference means, or why there is none. */
export function findVersion(
  catalog: Catalog,
  reference: string,
): { found: true; entry: CatalogEntry; version: string } | NotFound {
  const connector = findConnector(catalog, reference);
  if (!connector.found) return connector;
  const { entry, parsed } = connector;
  if (entry.installed === null)
    return { found: false, message: `The connector "${qualifiedName(entry)}" is not installed.` };
  const version = pickVersion(entry, parsed.range);
  if (version !== null) return { found: true, entry, version };
  const message = `No version of "${qualifiedName(entry)}" is ${parsed.range}: there is ${entry.versions.join(", ")}.`;
  return { found: false, message };
}
