import type { DeprecateBody, Deprecation } from "../../../contracts/api/connectors.ts";
import { success, type Result } from "../../../contracts/errors.ts";
import { validationFailure } from "../../../contracts/validation-failure.ts";
import { connectorVersions } from "../../database/tables.ts";
import { auditEntry } from "../audit-entry.ts";
import type { Context } from "../context.ts";
import { forgetCatalog, qualifiedName } from "./catalog.ts";
import { ownVersion } from "./own-version.ts";
import { versionRow } from "./version-row.ts";

/** Says of a version that it should no longer be used, and why. It goes on working. Said again, the last word counts. */
export async function deprecateConnector(
  context: Context,
  slug: string,
  version: string,
  body: DeprecateBody,
): Promise<Result<Deprecation>> {
  const own = await ownVersion(context, slug, version);
  if (!own.ok) return own;
  const { entry } = own.value;
  const replacement = body.replacement_version ?? null;
  if (replacement !== null && (replacement === version || !entry.versions.includes(replacement)))
    return validationFailure([
      {
        path: "/replacement_version",
        message: `"${replacement}" is not another version of "${qualifiedName(entry)}": there is ${entry.versions.join(", ")}.`,
      },
    ]);
  const { ports, caller } = context;
  const { namespace, name } = entry;
  await ports.database.batch([
    ports.database
      .update(connectorVersions)
      .set({ deprecatedAt: new Date(ports.now()), deprecatedReason: body.reason, replacementVersion: replacement })
      .where(versionRow(caller, { namespace, name, version })),
    auditEntry(context, "connector.deprecated", `${namespace}/${name}@${version}`),
  ]);
  forgetCatalog(context);
  return success({
    status: "deprecated",
    slug: name,
    namespace,
    version,
    reason: body.reason,
    replacement_version: replacement,
  });
}
