import { and, eq, exists, isNull, notExists, sql } from "drizzle-orm";
import { failure, success, type Failure, type Result } from "../../../contracts/errors.ts";
import { connectorVersions } from "../../database/tables.ts";
import { auditEntryIf } from "../audit-entry.ts";
import type { Context } from "../context.ts";
import { forgetCatalog, qualifiedName } from "./catalog.ts";
import { installation } from "./installation.ts";
import { ownVersion } from "./own-version.ts";
import { pickVersion } from "./find.ts";
import { countUsers, usersOf } from "./users-of.ts";
import { versionRow } from "./version-row.ts";

const UNPUBLISH_WITHIN_HOURS = 72;

/**
 * Takes a version away for good: only one that is deprecated, that nobody uses, and within 72 hours. Its content goes; its
 * name and number stay taken.
 */
export async function unpublishConnector(
  context: Context,
  slug: string,
  version: string,
): Promise<Result<{ status: "unpublished"; slug: string; namespace: string; version: string }>> {
  const own = await ownVersion(context, slug, version);
  if (!own.ok) return own;
  const { ports, caller } = context;
  const { entry, facts } = own.value;
  const { namespace, name } = entry;
  const refuse = (reason: string, message: string): Failure =>
    failure("CONFLICT", `"${qualifiedName(entry)}" ${version} ${message}`, { reason });
  if (facts.deprecated === null) return refuse("not_deprecated", "must be deprecated before it can be unpublished.");
  if (ports.now() - (facts.publishedAt?.getTime() ?? 0) > UNPUBLISH_WITHIN_HOURS * 3_600_000)
    return refuse("too_old", `was published more than ${UNPUBLISH_WITHIN_HOURS} hours ago and stays, deprecated.`);
  const { [version]: _, ...rest } = entry.facts;
  const left = { ...entry, facts: rest, versions: entry.versions.filter((it) => it !== version) };
  const fits = pickVersion(left, entry.range ?? "*");
  const next = entry.installed === version ? (fits ?? pickVersion(left, "*")) : null;
  const range = fits === null ? null : (entry.range ?? null);
  const { database } = ports;
  const row = versionRow(caller, { namespace, name, version });
  const { installs, pins } = usersOf(context, { namespace, name, version }, "anybody");
  const at = new Date(ports.now());
  const taken = and(row, eq(connectorVersions.unpublishedAt, at));
  const isTaken = exists(database.select({ one: sql`1` }).from(connectorVersions).where(taken));
  const [, gone] = await database.batch([
    // Who installs it holds this row: after that, whoever was first is seen.
    database.select({ version: connectorVersions.version }).from(connectorVersions).where(row).for("update"),
    database
      .update(connectorVersions)
      .set({ unpublishedAt: at, manifest: "", source: null, search: null, description: null })
      .where(and(row, isNull(connectorVersions.unpublishedAt), notExists(installs), notExists(pins)))
      .returning({ version: connectorVersions.version }),
    auditEntryIf(context, "connector.unpublished", `${namespace}/${name}@${version}`, connectorVersions, taken),
    ...(next === null ? [] : [installation(context, { namespace, name, version: next }, { range, found: isTaken })]),
  ]);
  forgetCatalog(context);
  if (gone.length === 0) {
    const users = await countUsers(context, { namespace, name, version }, "anybody");
    if (users.installs + users.workflows === 0)
      return failure("NOT_FOUND", `"${qualifiedName(entry)}" ${version} is unpublished already.`);
    return refuse(
      "in_use",
      `is used: ${users.installs} other tenants have installed it, ${users.workflows} published workflow versions pin it.`,
    );
  }
  return success({ status: "unpublished", slug: name, namespace, version });
}
