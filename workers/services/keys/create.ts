import type { CreateKeyBody, Key } from "../../../contracts/api/keys.ts";
import { failure, success, type Failure, type Result } from "../../../contracts/errors.ts";
import { apiKeys } from "../../database/tables.ts";
import { createApiKey, hashApiKey } from "../../identity/api-key.ts";
import { auditEntry } from "../audit-entry.ts";
import type { Context } from "../context.ts";
import { newId } from "../new-id.ts";
import { onTenant } from "../object-calls.ts";
import { keyRecordOf, keyViewOf } from "./key-record.ts";

function beyond(creator: readonly string[], wanted: readonly string[], kind: string): Failure | null {
  const missing = wanted.filter((it) => !creator.includes(it));
  if (missing.length === 0) return null;
  return failure("FORBIDDEN", `A key cannot give what it has not got: ${kind} ${missing.join(", ")}.`, {
    [kind]: missing,
  });
}

/** Who has it gives out the tenant's other roles and permissions: they are names of the tenant's own (decision 0006). */
const ADMIN = "admin";

/** A new key, never with more than its creator's scopes, roles and permissions. The only answer that holds it. */
export async function createKey(context: Context, body: CreateKeyBody): Promise<Result<Key & { key: string }>> {
  const { ports, caller } = context;
  const environment = body.environment ?? caller.environment;
  const { scopes = caller.scopes, roles = caller.roles, permissions = caller.permissions } = body;
  if (environment === "live" && caller.environment === "test") {
    return failure("FORBIDDEN", "A test key cannot create a live key.", { environment });
  }
  const names = caller.roles.includes(ADMIN)
    ? null
    : (beyond(caller.roles, roles, "roles") ?? beyond(caller.permissions, permissions, "permissions"));
  const refused = beyond(caller.scopes, scopes, "scopes") ?? names;
  if (refused !== null) return refused;
  const owner = { tenantId: caller.tenantId, environment };
  const key = createApiKey(caller.tenantId, environment);
  const hash = hashApiKey(key);
  const row = {
    ...owner,
    id: newId(ports, "key"),
    name: body.name,
    hash,
    scopes: [...scopes],
    roles: [...roles],
    permissions: [...permissions],
    createdBy: caller.keyId,
    createdAt: new Date(ports.now()),
    revokedAt: null,
  };
  await ports.database.batch([ports.database.insert(apiKeys).values(row), auditEntry(context, "key.created", row.id)]);
  await onTenant(ports, owner, (tenant) => tenant.putKey(hash, keyRecordOf(row)));
  return success({ ...keyViewOf(row), key });
}
