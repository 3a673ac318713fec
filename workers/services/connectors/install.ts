import { and, eq, exists, isNull, or, sql } from "drizzle-orm";
import { neededContext } from "../../../connectors/manifest/needed-context.ts";
import { neededReach } from "../../../connectors/manifest/needed-reach.ts";
import { failure, success, type Result } from "../../../contracts/errors.ts";
import type { Json } from "../../../engine/json.ts";
import { connectorInstallations, connectorVersions } from "../../database/tables.ts";
import { auditEntry, auditEntryIf } from "../audit-entry.ts";
import type { Context } from "../context.ts";
import { allowedVersion } from "./allowed-version.ts";
import { forgetCatalog, qualifiedName } from "./catalog.ts";
import { meantVersion } from "./get.ts";
import { installation } from "./installation.ts";
import { lookUp } from "./look-up.ts";
import { manifestOf } from "./manifest-of.ts";
import type { VersionFacts } from "./version-facts.ts";
import { type VersionName, versionRow } from "./version-row.ts";

export interface Installation {
  status: "installed" | "removed";
  slug: string;
  namespace: string;
  version: string;
  /** What was asked for, where that was a range: the version stays until it is installed again. */
  range: string | null;
  deprecated: VersionFacts["deprecated"];
  /** What its calls are given of a run besides ids. */
  context: Json[];
  /** Secrets that it may ask for by name, and where its requests go. */
  secrets: string[];
  env: string[];
  hosts: string[];
}

/** Makes a version the one that is meant when none is named. */
export async function installConnector(
  context: Context,
  slug: string,
  version?: string,
): Promise<Result<Installation>> {
  const found = await lookUp(context, slug);
  if (!found.ok) return found;
  const { entry, catalog } = found.value;
  const meant = meantVersion(entry, version);
  if (!meant.ok) return meant;
  const allowed = allowedVersion(context, catalog, entry, meant.value, version);
  if (!allowed.ok) return failure("FORBIDDEN", allowed.message, { reason: "trust_policy" });
  const loaded = await manifestOf(context, entry, allowed.version);
  if (!loaded.ok) return loaded;
  const manifest = loaded.value;
  const { namespace, name, version: picked } = manifest;
  // An exact number is kept as well: what is published later does not take its place.
  const kept = version ?? null;
  const { publisher = null, deprecated = null } = entry.facts[picked] ?? {};
  const subject = `${namespace}/${name}@${picked}`;
  if (publisher === null)
    await context.ports.database.batch([
      installation(context, manifest, { range: kept }),
      auditEntry(context, "connector.installed", subject),
    ]);
  else if (!(await installPublished(context, manifest, kept, publisher)))
    return failure("NOT_FOUND", `"${qualifiedName(entry)}" ${picked} was taken away.`);
  forgetCatalog(context);
  const range = version === picked ? null : kept;
  const needs = { context: neededContext(manifest), ...neededReach(manifest) };
  return success({ status: "installed", slug: name, namespace, version: picked, range, deprecated, ...needs });
}

/** False where the version went away, or out of sight, meanwhile: its row is held until the installation stands. */
async function installPublished(
  context: Context,
  version: VersionName,
  range: string | null,
  publisher: string,
): Promise<boolean> {
  const { ports, caller } = context;
  const { database } = ports;
  const owner = { tenantId: publisher, environment: caller.environment };
  const there = and(
    versionRow(owner, version),
    isNull(connectorVersions.unpublishedAt),
    or(eq(connectorVersions.tenantId, caller.tenantId), eq(connectorVersions.visibility, "public")),
  );
  const { namespace, name } = version;
  const [held] = await database.batch([
    database.select({ version: connectorVersions.version }).from(connectorVersions).where(there).for("share"),
    installation(context, version, {
      range,
      found: exists(database.select({ one: sql`1` }).from(connectorVersions).where(there)),
    }),
    auditEntryIf(context, "connector.installed", `${namespace}/${name}@${version.version}`, connectorVersions, there),
  ]);
  return held.length > 0;
}

/** Takes the installation away; what is published and pinned stays. The platform's own connectors are always there. */
export async function removeConnector(context: Context, slug: string): Promise<Result<Installation>> {
  const { ports, caller } = context;
  const found = await lookUp(context, slug);
  if (!found.ok) return found;
  const { entry } = found.value;
  const { namespace, name, installed } = entry;
  if (installed === null) return failure("NOT_FOUND", `"${qualifiedName(entry)}" is not installed.`);
  const own = and(
    eq(connectorInstallations.tenantId, caller.tenantId),
    eq(connectorInstallations.environment, caller.environment),
    eq(connectorInstallations.namespace, namespace),
    eq(connectorInstallations.name, name),
  );
  const [, gone] = await ports.database.batch([
    auditEntryIf(context, "connector.removed", `${namespace}/${name}`, connectorInstallations, own),
    ports.database.delete(connectorInstallations).where(own).returning({ version: connectorInstallations.version }),
  ]);
  forgetCatalog(context);
  if (gone.length === 0)
    return failure("CONFLICT", `"${qualifiedName(entry)}" is provided by the platform and cannot be removed.`);
  return success({
    status: "removed",
    slug: name,
    namespace,
    version: installed,
    range: null,
    deprecated: null,
    context: [],
    secrets: [],
    env: [],
    hosts: [],
  });
}
