import { and, eq, ne, sql } from "drizzle-orm";
import { FIRST_PARTY } from "../../../connectors/first-party/all-connectors.ts";
import type { ConnectorManifest } from "../../../connectors/manifest/manifest.ts";
import { disguised } from "../../../connectors/names/disguised.ts";
import { lookAlike } from "../../../connectors/names/look-alike.ts";
import { nameSkeleton } from "../../../connectors/names/name-skeleton.ts";
import { WELL_KNOWN_NAMES } from "../../../connectors/names/well-known-names.ts";
import { failure, success, type Result } from "../../../contracts/errors.ts";
import { validationFailure } from "../../../contracts/validation-failure.ts";
import { connectorInstallations, connectorNamespaces } from "../../database/tables.ts";
import type { Context } from "../context.ts";
import type { CatalogEntry } from "./catalog.ts";
import { PLATFORM_NAMESPACES, type Standing } from "./namespaces.ts";

/** Last words of the registry's own paths. */
const RESERVED_NAMES: ReadonlySet<string> = new Set(["search", "outdated"]);
/** A connector that so many tenants have installed is well known too. */
const POPULAR_FROM = 10;
const MOST_POPULAR = 200;

async function popularNames({ ports, caller }: Context): Promise<string[]> {
  const rows = await ports.database
    .select({ name: connectorInstallations.name })
    .from(connectorInstallations)
    .where(eq(connectorInstallations.environment, caller.environment))
    .groupBy(connectorInstallations.namespace, connectorInstallations.name)
    .having(sql`count(*) >= ${POPULAR_FROM}`)
    .orderBy(sql`count(*) desc`)
    .limit(MOST_POPULAR);
  return rows.map(({ name }) => name);
}

function refuse(path: string, message: string): Result<null> {
  return validationFailure([{ path, message }]);
}

/** Names that people know: the platform's own, of well-known services, and what many have installed. */
async function knownNames(context: Context): Promise<string[]> {
  return [...FIRST_PARTY.map((it) => it.name), ...WELL_KNOWN_NAMES, ...(await popularNames(context))];
}

/**
 * Refuses a new connector or namespace whose name could be taken for one that people know (section 10, threat T23), and any
 * version that is shown under such a name.
 */
export async function checkNames(
  context: Context,
  { namespace, name, displayName }: ConnectorManifest,
  entry: CatalogEntry | undefined,
  standing: Standing,
): Promise<Result<null>> {
  const isNew = !entry?.versions.length;
  if (!isNew && displayName === name) return success(null);
  if (RESERVED_NAMES.has(name))
    return refuse("/connector/name", `"${name}" is a word of the API: choose another name.`);
  const known = await knownNames(context);
  const twin = isNew ? lookAlike(name, known) : undefined;
  if (twin !== undefined)
    return refuse(
      "/connector/name",
      `"${name}" is too like the well-known name "${twin}": people would take one for the other. Choose a name that differs more.`,
    );
  const shown = disguised(displayName, known);
  if (shown !== undefined)
    return refuse(
      "/connector/displayName",
      `"${displayName}" looks like "${shown}" but is written with other letters.`,
    );
  return isNew && standing === "free" ? checkNamespace(context, namespace) : success(null);
}

async function checkNamespace({ ports, caller }: Context, namespace: string): Promise<Result<null>> {
  const platform = lookAlike(namespace, PLATFORM_NAMESPACES);
  if (platform !== undefined)
    return refuse("/connector/namespace", `"${namespace}" is too like the platform's namespace "${platform}".`);
  const known = disguised(namespace, [...FIRST_PARTY.map((it) => it.name), ...WELL_KNOWN_NAMES]);
  if (known !== undefined)
    return refuse("/connector/namespace", `"${namespace}" looks like "${known}": people would take one for the other.`);
  const [taken] = await ports.database
    .select({ namespace: connectorNamespaces.namespace })
    .from(connectorNamespaces)
    .where(
      and(
        eq(connectorNamespaces.environment, caller.environment),
        eq(connectorNamespaces.skeleton, nameSkeleton(namespace)),
        ne(connectorNamespaces.namespace, namespace),
      ),
    );
  if (taken === undefined) return success(null);
  return failure("CONFLICT", `"${namespace}" looks like the namespace "${taken.namespace}", which is taken.`, {
    namespace: taken.namespace,
  });
}
