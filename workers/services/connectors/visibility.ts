import { and, eq, isNull, ne, notExists } from "drizzle-orm";
import type { Visibility } from "../../../connectors/manifest/manifest.ts";
import type { VisibilityAnswer } from "../../../contracts/api/connectors.ts";
import { failure, success, type Result } from "../../../contracts/errors.ts";
import { validationFailure } from "../../../contracts/validation-failure.ts";
import { connectorVersions } from "../../database/tables.ts";
import { auditEntryIf } from "../audit-entry.ts";
import type { Context } from "../context.ts";
import { forgetCatalog, qualifiedName } from "./catalog.ts";
import { namespaceKind } from "./namespaces.ts";
import { ownVersion } from "./own-version.ts";
import { countUsers, usersOf } from "./users-of.ts";
import { versionRow } from "./version-row.ts";

/**
 * Shows a version to everybody, or to nobody else any more: that only while no other tenant has it installed or pinned. Its
 * content and its file stay as they were published.
 */
export async function changeVisibility(
  context: Context,
  slug: string,
  version: string,
  wanted: Visibility,
): Promise<Result<VisibilityAnswer>> {
  const own = await ownVersion(context, slug, version);
  if (!own.ok) return own;
  const { ports, caller } = context;
  const { entry } = own.value;
  const { namespace, name } = entry;
  if (wanted === "public" && namespaceKind(namespace, ports.deployment) === "open")
    return validationFailure([
      { path: "/visibility", message: `"${namespace}" is everybody's here, so what stands in it is private.` },
    ]);
  const { database } = ports;
  const { installs, pins } = usersOf(context, { namespace, name, version }, "others");
  const row = and(versionRow(caller, { namespace, name, version }), isNull(connectorVersions.unpublishedAt));
  const free = wanted === "private" ? and(notExists(installs), notExists(pins)) : undefined;
  const changes = and(row, ne(connectorVersions.visibility, wanted), free);
  const [, , , after] = await database.batch([
    // Who installs it holds this row: after that, whoever was first is seen.
    database.select({ version: connectorVersions.version }).from(connectorVersions).where(row).for("update"),
    auditEntryIf(
      context,
      wanted === "public" ? "connector.made_public" : "connector.made_private",
      `${namespace}/${name}@${version}`,
      connectorVersions,
      changes,
    ),
    database.update(connectorVersions).set({ visibility: wanted }).where(changes),
    database
      .select({ version: connectorVersions.version })
      .from(connectorVersions)
      .where(and(row, eq(connectorVersions.visibility, wanted))),
  ]);
  forgetCatalog(context);
  if (after.length > 0) return success({ slug: name, namespace, version, visibility: wanted });
  const users = await countUsers(context, { namespace, name, version }, "others");
  return failure(
    "CONFLICT",
    `"${qualifiedName(entry)}" ${version} is used, and stays public: ${users.installs} other tenants have installed it, ${users.workflows} published workflow versions of others pin it. Deprecate it instead.`,
    { reason: "in_use" },
  );
}
