import { and, isNull, ne, notInArray, sql } from "drizzle-orm";
import type { BatchItem } from "drizzle-orm/batch";
import { gt, satisfies } from "semver";
import type { ConnectorManifest } from "../../../connectors/manifest/manifest.ts";
import { readConnector } from "../../../connectors/manifest/read-connector.ts";
import { type UnenforcedLimit, unenforcedLimits } from "../../../connectors/manifest/unenforced-limits.ts";
import { digestOf } from "../../../contracts/canonical-json.ts";
import { textDigest } from "../../../contracts/text-digest.ts";
import { versionKey } from "../../../contracts/version-key.ts";
import { failure, success, type Result } from "../../../contracts/errors.ts";
import { validationFailure } from "../../../contracts/validation-failure.ts";
import type { JsonObject } from "../../../engine/json.ts";
import type { SourceFormat } from "../../../engine/source/parse.ts";
import { connectorVersions } from "../../database/tables.ts";
import { isRefusedByGuard, isUniqueViolation } from "../../database/query-errors.ts";
import { auditEntry } from "../audit-entry.ts";
import type { Context } from "../context.ts";
import { type Catalog, type CatalogEntry, forgetCatalog, loadCatalog, qualifiedName } from "./catalog.ts";
import { checkInputs } from "./check-inputs.ts";
import { checkNames } from "./check-names.ts";
import { checkSignature, type Signature } from "./check-signature.ts";
import { connectorUrl } from "./connector-url.ts";
import { findConnector } from "./find.ts";
import { installation } from "./installation.ts";
import { claimNamespace, DEFAULT_NAMESPACE, namespaceStanding, type Standing } from "./namespaces.ts";
import { prepareManifest } from "./prepare-manifest.ts";
import { takenVersion } from "./taken-version.ts";
import { takesOver } from "./takes-over.ts";
import { searchTexts, searchVector } from "./search-vector.ts";
import { connectorRows } from "./version-row.ts";

export interface Published {
  slug: string;
  namespace: string;
  version: string;
  sha256: string;
  url: string;
  unenforced: UnenforcedLimit[];
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
  signature: Signature | null;
}

/** A connector file as it came, and the detached signature that came with it. */
export interface PublishedFile {
  text: string;
  format: SourceFormat;
  signature?: string;
}

async function readDraft(context: Context, { text, format, signature }: PublishedFile): Promise<Result<Draft>> {
  const { manifest, problems } = readConnector(text, format, { namespace: DEFAULT_NAMESPACE });
  if (problems.length > 0 || manifest === undefined) return validationFailure(problems);
  const standing = await namespaceStanding(context, manifest.namespace);
  if (!standing.ok) return standing;
  if (standing.value === "open" && manifest.visibility === "public")
    return validationFailure([
      {
        path: "/connector/visibility",
        message: `"${manifest.namespace}" is everybody's here, so what stands in it is private: name a namespace of your own.`,
      },
    ]);
  const signed = await checkSignature(context, manifest.namespace, text, signature);
  if (!signed.ok) return signed;
  const prepared = await prepareManifest(context, manifest);
  if (!prepared.ok) return prepared;
  return success({ manifest: prepared.value, text, format, standing: standing.value, signature: signed.value });
}

/** Another version of the connector was published in the meantime: what was checked against is not what is there. */
const OVERTAKEN = Symbol("overtaken");
/** More than ever publish one connector at the same moment. */
const MOST_ROUNDS = 100;

/**
 * One publication of a connector after the other, and only while its versions are those that were looked at: what is compatible,
 * what is higher and what is installed depend on them.
 */
function asSeen(
  { ports, caller }: Context,
  manifest: ConnectorManifest,
  entry: CatalogEntry | undefined,
): [BatchItem<"pg">, BatchItem<"pg">] {
  const { database } = ports;
  const name = [caller.tenantId, caller.environment, qualifiedName(manifest)].join("/");
  const seen = Object.entries(entry?.facts ?? {}).flatMap(([version, { publisher }]) =>
    publisher === caller.tenantId ? [version] : [],
  );
  const unseen = and(
    connectorRows(caller, manifest),
    isNull(connectorVersions.unpublishedAt),
    // The same version is told by its key, and needs no second look.
    ne(connectorVersions.version, manifest.version),
    seen.length > 0 ? notInArray(connectorVersions.version, seen) : undefined,
  );
  return [
    database.execute(sql`select pg_advisory_xact_lock(hashtextextended(${name}, 0))`),
    database.select({ one: sql`1 / (case when count(*) = 0 then 1 else 0 end)` }).from(connectorVersions).where(unseen),
  ];
}

/** A new version whose inputs go on taking what those before it took, and its installation where that takes it. */
async function store(
  context: Context,
  draft: Draft,
  entry: CatalogEntry | undefined,
): Promise<Result<Published> | typeof OVERTAKEN> {
  const { ports, caller } = context;
  const { manifest, standing } = draft;
  const { namespace, name, version } = manifest;
  const named = await checkNames(context, manifest, entry, standing);
  if (!named.ok) return (await takenVersion(context, draft.text)) ?? named;
  const compatible = await checkInputs(context, manifest, entry);
  if (!compatible.ok) return (await takenVersion(context, draft.text)) ?? compatible;
  const owner = { tenantId: caller.tenantId, environment: caller.environment };
  const sha256 = digestOf(asJson(manifest));
  const texts = searchTexts(manifest);
  const now = new Date(ports.now());
  const over = entry?.range ?? null;
  const range = over !== null && satisfies(version, over) ? over : null;
  const claim: BatchItem<"pg">[] = standing === "free" ? [claimNamespace(context, namespace)] : [];
  try {
    await ports.database.batch([
      ...asSeen(context, manifest, entry),
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
        visibility: manifest.visibility ?? "private",
        versionKey: versionKey(version),
        search: searchVector({ a: sql`${texts.a}`, b: sql`${texts.b}`, c: sql`${texts.c}`, d: sql`${texts.d}` }),
        signature: draft.signature?.signature ?? null,
        signatureKey: draft.signature?.keyId ?? null,
        sourceSha256: textDigest(draft.text),
        manifest: JSON.stringify(manifest),
        source: draft.text,
        sourceFormat: draft.format,
        publishedBy: caller.keyId,
        publishedAt: now,
      }),
      ...(takesOver(entry, version) ? [installation(context, manifest, { range, over })] : []),
    ]);
  } catch (error) {
    if (isRefusedByGuard(error)) return OVERTAKEN;
    if (!isUniqueViolation(error)) throw error;
    const conflict = await takenVersion(context, draft.text, { version: manifest, sha256 });
    if (conflict !== null) return conflict;
    // The namespace was claimed in the meantime, by this tenant or by another.
    const again = await namespaceStanding(context, namespace);
    if (!again.ok) return again;
    if (standing !== "free" || again.value === "free") throw error;
    return store(context, { ...draft, standing: again.value }, entry);
  } finally {
    forgetCatalog(context);
  }
  return success({
    slug: name,
    namespace,
    version,
    sha256,
    url: connectorUrl(manifest),
    unenforced: unenforcedLimits(manifest),
  });
}

/** Checks and stores against the catalog as it is, until nobody else has changed it meanwhile. */
async function settle<Value>(
  context: Context,
  attempt: (catalog: Catalog) => Promise<Result<Value> | typeof OVERTAKEN>,
): Promise<Result<Value>> {
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    const done = await attempt(await loadCatalog(context));
    if (done !== OVERTAKEN) return done;
  }
  return failure("CONFLICT", "Others publish versions of this connector all the time: send it again.");
}

/** Publishes a connector version, and installs it for the publishing tenant where nothing stands against it. */
export async function publishConnector(context: Context, file: PublishedFile): Promise<Result<Published>> {
  const draft = await readDraft(context, file);
  if (!draft.ok) return (await takenVersion(context, file.text)) ?? draft;
  return settle(context, (catalog) => store(context, draft.value, catalog.get(qualifiedName(draft.value.manifest))));
}

type Updated = Published & { previous_version: string };

/** Publishes a higher version of a connector that is there. */
export async function updateConnector(context: Context, slug: string, file: PublishedFile): Promise<Result<Updated>> {
  const draft = await readDraft(context, file);
  if (!draft.ok) return (await takenVersion(context, file.text)) ?? draft;
  return settle(context, (catalog) => storeHigher(context, draft.value, slug, catalog));
}

async function storeHigher(
  context: Context,
  draft: Draft,
  slug: string,
  catalog: Catalog,
): Promise<Result<Updated> | typeof OVERTAKEN> {
  const found = findConnector(catalog, slug);
  if (!found.found)
    return failure(
      "NOT_FOUND",
      found.message,
      found.ambiguous === undefined ? undefined : { connectors: found.ambiguous },
    );
  const { entry } = found;
  const { manifest } = draft;
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
    const there = await takenVersion(context, draft.text, { version: manifest, sha256: digestOf(asJson(manifest)) });
    return failure("CONFLICT", `Version ${manifest.version} is not higher than ${previous}.`, {
      version: manifest.version,
      previous_version: previous,
      ...(there === null ? {} : { same_content: there.details?.same_content ?? false }),
    });
  }
  const stored = await store(context, draft, entry);
  if (stored === OVERTAKEN || !stored.ok) return stored;
  return success({ ...stored.value, previous_version: previous });
}
