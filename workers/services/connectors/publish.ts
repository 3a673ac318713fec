import { and, eq } from "drizzle-orm";
import { gt } from "semver";
import type { ConnectorManifest } from "../../../connectors/manifest/manifest.ts";
import { readConnector } from "../../../connectors/manifest/read-connector.ts";
import { digestOf } from "../../../contracts/canonical-json.ts";
import { failure, success, type Failure, type Result } from "../../../contracts/errors.ts";
import { validationFailure } from "../../../contracts/validation-failure.ts";
import type { JsonObject } from "../../../engine/json.ts";
import type { SourceFormat } from "../../../engine/source/parse.ts";
import { connectorInstallations, connectorVersions } from "../../database/tables.ts";
import { isUniqueViolation } from "../../database/query-errors.ts";
import { auditEntry } from "../audit-entry.ts";
import type { Context } from "../context.ts";
import { type CatalogEntry, forgetCatalog, loadCatalog, qualifiedName } from "./catalog.ts";
import { findConnector } from "./find.ts";

/** What a file without a namespace is published in. */
const DEFAULT_NAMESPACE = "community";
/** Names of the platform's own namespaces: nobody else publishes there. */
const RESERVED_NAMESPACES: ReadonlySet<string> = new Set(["smartify", "official"]);

export interface Published {
  slug: string;
  namespace: string;
  version: string;
  sha256: string;
  url: string;
}

export function connectorUrl({
  namespace,
  name,
  version,
}: {
  namespace: string;
  name: string;
  version: string;
}): string {
  return `/connectors/${[namespace, name, version].map(encodeURIComponent).join("/")}`;
}

/** A manifest is plain JSON: it was read from text. */
function asJson(manifest: ConnectorManifest): JsonObject {
  return JSON.parse(JSON.stringify(manifest));
}

function readOne(text: string, format: SourceFormat): Result<ConnectorManifest> {
  const { manifest, problems } = readConnector(text, format, { namespace: DEFAULT_NAMESPACE });
  if (problems.length > 0 || manifest === undefined) return validationFailure(problems);
  if (RESERVED_NAMESPACES.has(manifest.namespace)) {
    return failure("FORBIDDEN", `The namespace "${manifest.namespace}" belongs to the platform.`, {
      namespace: manifest.namespace,
    });
  }
  return success(manifest);
}

/** A new version, and its installation where it is higher than what is installed. */
async function store(
  context: Context,
  manifest: ConnectorManifest,
  entry: CatalogEntry | undefined,
): Promise<Result<Published>> {
  const { ports, caller } = context;
  const { namespace, name, version } = manifest;
  const owner = { tenantId: caller.tenantId, environment: caller.environment };
  const sha256 = digestOf(asJson(manifest));
  const now = new Date(ports.now());
  const installed = entry?.installed ?? null;
  const higher = installed === null || installed === version || gt(version, installed);
  try {
    await ports.database.batch([
      ports.database.insert(connectorVersions).values({
        ...owner,
        namespace,
        name,
        version,
        title: manifest.displayName,
        description: manifest.description,
        tags: manifest.categories ?? [],
        sha256,
        manifest: JSON.stringify(manifest),
        publishedBy: caller.keyId,
        publishedAt: now,
      }),
      auditEntry(context, "connector.published", `${namespace}/${name}@${version}`),
      ...(higher
        ? [
            ports.database
              .insert(connectorInstallations)
              .values({ ...owner, namespace, name, version, installedAt: now })
              .onConflictDoUpdate({
                target: [
                  connectorInstallations.tenantId,
                  connectorInstallations.environment,
                  connectorInstallations.namespace,
                  connectorInstallations.name,
                ],
                set: { version, installedAt: now },
              }),
          ]
        : []),
    ]);
  } catch (error) {
    if (isUniqueViolation(error)) return taken(context, manifest, sha256);
    throw error;
  } finally {
    forgetCatalog(context);
  }
  return success({ slug: name, namespace, version, sha256, url: connectorUrl(manifest) });
}

async function taken(
  context: Context,
  { namespace, name, version }: ConnectorManifest,
  sha256: string,
): Promise<Failure> {
  const { ports, caller } = context;
  const [row] = await ports.database
    .select({ sha256: connectorVersions.sha256 })
    .from(connectorVersions)
    .where(
      and(
        eq(connectorVersions.tenantId, caller.tenantId),
        eq(connectorVersions.environment, caller.environment),
        eq(connectorVersions.namespace, namespace),
        eq(connectorVersions.name, name),
        eq(connectorVersions.version, version),
      ),
    );
  const same = row?.sha256 === sha256;
  return failure(
    "CONFLICT",
    `Version ${version} of "${namespace}/${name}" is already published, and versions are immutable.`,
    {
      slug: name,
      namespace,
      version,
      same_content: same,
    },
  );
}

/** Publishes a connector version and installs it for the publishing tenant. */
export async function publishConnector(
  context: Context,
  text: string,
  format: SourceFormat,
): Promise<Result<Published>> {
  const read = readOne(text, format);
  if (!read.ok) return read;
  const catalog = await loadCatalog(context);
  return store(context, read.value, catalog.get(qualifiedName(read.value)));
}

/** Publishes a higher version of a connector that is there. */
export async function updateConnector(
  context: Context,
  slug: string,
  text: string,
  format: SourceFormat,
): Promise<Result<Published & { previous_version: string }>> {
  const read = readOne(text, format);
  if (!read.ok) return read;
  const catalog = await loadCatalog(context);
  const found = findConnector(catalog, slug);
  if (!found.found) return failure("NOT_FOUND", found.message);
  const { entry } = found;
  const manifest = read.value;
  if (qualifiedName(manifest) !== qualifiedName(entry)) {
    return validationFailure([
      {
        path: "/connector/name",
        message: `The file is of "${qualifiedName(manifest)}", the path names "${qualifiedName(entry)}".`,
      },
    ]);
  }
  const previous = entry.versions.at(-1) ?? "0.0.0";
  if (!gt(manifest.version, previous)) {
    return failure("CONFLICT", `Version ${manifest.version} is not higher than ${previous}.`, {
      version: manifest.version,
      previous_version: previous,
    });
  }
  const stored = await store(context, manifest, entry);
  return stored.ok ? success({ ...stored.value, previous_version: previous }) : stored;
}
