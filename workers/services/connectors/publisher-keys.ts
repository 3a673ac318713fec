import { and, asc, eq, isNull } from "drizzle-orm";
import { isPublicKey } from "../../../connectors/signature/verify-signature.ts";
import type { PublisherKey } from "../../../contracts/api/connectors.ts";
import { failure, success, type Result } from "../../../contracts/errors.ts";
import { validationFailure } from "../../../contracts/validation-failure.ts";
import { publisherKeys } from "../../database/tables.ts";
import { auditEntry, auditEntryIf } from "../audit-entry.ts";
import type { Context } from "../context.ts";
import { newId } from "../new-id.ts";
import { namespaceStanding } from "./namespaces.ts";

function viewOf(row: typeof publisherKeys.$inferSelect): PublisherKey {
  return {
    id: row.id,
    namespace: row.namespace,
    name: row.name,
    public_key: row.publicKey,
    created_at: row.createdAt.toISOString(),
    revoked_at: row.revokedAt?.toISOString() ?? null,
  };
}

function ownKeys({ caller }: Context, namespace: string) {
  return and(
    eq(publisherKeys.tenantId, caller.tenantId),
    eq(publisherKeys.environment, caller.environment),
    eq(publisherKeys.namespace, namespace),
  );
}

/** Registers a key for a namespace that the caller owns. */
export async function addPublisherKey(
  context: Context,
  namespace: string,
  body: { name: string; public_key: string },
): Promise<Result<PublisherKey>> {
  const { ports, caller } = context;
  const standing = await namespaceStanding(context, namespace);
  if (!standing.ok) return standing;
  if (standing.value !== "own")
    return failure("NOT_FOUND", `This tenant has no namespace "${namespace}": publish in it first.`);
  if (!(await isPublicKey(body.public_key)))
    return validationFailure([
      { path: "/public_key", message: "public_key must be a raw Ed25519 key: 32 bytes in base64." },
    ]);
  const row = {
    id: newId(ports, "publisherKey"),
    tenantId: caller.tenantId,
    environment: caller.environment,
    namespace,
    name: body.name,
    publicKey: body.public_key,
    createdAt: new Date(ports.now()),
    revokedAt: null,
  };
  await ports.database.batch([
    ports.database.insert(publisherKeys).values(row),
    auditEntry(context, "publisher_key.added", `${namespace} ${row.id}`),
  ]);
  return success(viewOf(row));
}

export async function listPublisherKeys(context: Context, namespace: string): Promise<PublisherKey[]> {
  const rows = await context.ports.database
    .select()
    .from(publisherKeys)
    .where(ownKeys(context, namespace))
    .orderBy(asc(publisherKeys.createdAt), asc(publisherKeys.id));
  return rows.map(viewOf);
}

/** What it signed is no longer verified from now on. */
export async function revokePublisherKey(
  context: Context,
  namespace: string,
  id: string,
): Promise<Result<PublisherKey>> {
  const { ports } = context;
  const live = and(ownKeys(context, namespace), eq(publisherKeys.id, id), isNull(publisherKeys.revokedAt));
  const [, rows] = await ports.database.batch([
    auditEntryIf(context, "publisher_key.revoked", `${namespace} ${id}`, publisherKeys, live),
    ports.database
      .update(publisherKeys)
      .set({ revokedAt: new Date(ports.now()) })
      .where(live)
      .returning(),
  ]);
  const [row] = rows;
  return row === undefined ? failure("NOT_FOUND", `There is no key "${id}" of "${namespace}".`) : success(viewOf(row));
}
