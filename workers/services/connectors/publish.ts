import type { BatchItem } from "drizzle-orm/batch";
import { gt } from "semver";
import type { ConnectorManifest } from "../../../connectors/manifest/manifest.ts";
import { readConnector } from "../../../connectors/manifest/read-connector.ts";
import { digestOf } from "../../../contracts/canonical-json.ts";
import { failure, success, type Failure, type Result } from "../../../contracts/errors.ts";
import { validationFailure } from "../../../contracts/validation-failure.ts";
import type { JsonObject } from "../../../engine/json.ts";
import type { SourceFormat } from "../../../engine/source/parse.ts";
import { connectorVersions } from "../../database/tables.ts";
import { isUniqueViolation } from "../../database/query-errors.ts";
import { auditEntry } from "../audit-entry.ts";
import type { Context } from "../context.ts";
import { type CatalogEntry, forgetCatalog, loadCatalog, qualifiedName } from "./catalog.ts";
import { checkInputs } from "./check-inputs.ts";
import { findConnector } from "./find.ts";
import { installation } from "./installation.ts";
import { claimNamespace, DEFAULT_NAMESPACE, namespaceStanding, type Standing } from "./namespaces.ts";
import { versionRow } from "./version-row.ts";

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

/** What is to be published: as it was read, and as it was written. */
interface Draft {
  manifest: ConnectorManifest;
  text: string;
  format: SourceFormat;
  standing: Standing;
}

async function readDraft(context: Context, text: string, format: SourceFormat): Promise<Result<Draft>> {
  const { manifest, problems } = readConnector(text, format, { namespace: DEFAULT_NAMESPACE });
  if (problems.length > 0 || manifest === undefined) return validationFailure(problems);
  const standing = await namespaceStanding(context, manifest.namespace);
  return standing.ok ? success({ manifest, text, format, standing: standing.value }) : standing;
}

/** A new version whose inputs go on taking what those before it took, and its installation where that is older. */
async function store(context: Context, draft: Draft, entry: CatalogEntry | undefined): Promise<Result<Published>> {
  const { ports, caller } = context;
  const { manifest, standing } = draft;
  const { namespace, name, version } = manifest;
  const compatible = await checkInputs(context, manifest, entry);
  if (!compatible.ok) return compatible;
  const owner = { tenantId: caller.tenantId, environment: caller.environment };
  const sha256 = digestOf(asJson(manifest));
  const now = new Date(ports.now());
  const installed = entry?.installed ?? null;
  const higher = installed === null || installed === version || gt(version, installed);
  const claim: BatchItem<"pg">[] = standing === "free" ? [claimNamespace(context, namespace)] : [];
  try {
    await ports.database.batch([
      auditEntry(context, "connector.published", `${namespace}/${name}@${version}`),
      ...claim,
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
        source: draft.text,
        sourceFormat: draft.format,
        publishedBy: caller.keyId,
        publishedAt: now,
      }),
      ...(higher ? [installation(context, manifest)] : []),
    ]);
  } catch (error) {
    if (!isUniqueViolation(error)) throw error;
    const conflict = await taken(context, manifest, sha256);
    if (conflict !== null) return conflict;
    // The namespace was claimed in the meantime, by this tenant or by another.
    const again = await namespaceStanding(context, namespace);
    if (!again.ok) return again;
    if (standing !== "free" || again.value === "free") throw error;
    return store(context, { ...draft, standing: again.value }, entry);
  } finally {
    forgetCatalog(context);
  }
  return success({ slug: name, namespace, version, sha256, url: connectorUrl(manifest) });
}

/** The refusal of a version that is there already; null when it is not. */
async function taken(context: Context, manifest: ConnectorManifest, sha256: string): Promise<Failure | null> {
  const { namespace, name, version } = manifest;
  const { ports, caller } = context;
  const [row] = await ports.database
    .select({ sha256: connectorVersions.sha256 })
    .from(connectorVersions)
    .where(versionRow(caller, manifest));
  if (row === undefined) return null;
  return failure(
    "CONFLICT",
    `Version ${version} of "${namespace}/${name}" is already published, and versions are immutable.`,
    {
      slug: name,
      namespace,
      version,
      same_content: row.sha256 === sha256,
    },
  );
}

/** Publishes a connector version and installs it for the publishing tenant. */
export async function publishConnector(
  context: Context,
  text: string,
  format: SourceFormat,
): Promise<Result<Published>> {
  const draft = await readDraft(context, text, format);
  if (!draft.ok) return draft;
  const catalog = await loadCatalog(context);
  return store(context, draft.value, catalog.get(qualifiedName(draft.value.manifest)));
}

/** Publishes a higher version of a connector that is there. */
export async function updateConnector(
  context: Context,
  slug: string,
  text: string,
  format: SourceFormat,
): Promise<Result<Published & { previous_version: string }>> {
  const draft = await readDraft(context, text, format);
  if (!draft.ok) return draft;
  const catalog = await loadCatalog(context);
  const found = findConnector(catalog, slug);
  if (!found.found) return failure("NOT_FOUND", found.message);
  const { entry } = found;
  const { manifest } = draft.value;
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
  const stored = await store(context, draft.value, entry);
  return stored.ok ? success({ ...stored.value, previous_version: previous }) : stored;
}
