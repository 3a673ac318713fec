import { encodeBase32 } from "../../../contracts/base32.ts";
import type { Environment } from "../../../contracts/execution.ts";
import { ID_PREFIX } from "../../../contracts/ids.ts";
import { SCOPES } from "../../../contracts/scopes.ts";
import { apiKeys, tenants } from "../../database/tables.ts";
import { createApiKey, hashApiKey } from "../../identity/api-key.ts";
import type { Ports } from "../context.ts";
import { keyRecordOf } from "../keys/key-record.ts";
import { newId } from "../new-id.ts";
import { onTenant } from "../object-calls.ts";

export interface CreatedTenant {
  tenant_id: string;
  name: string;
  environment: Environment;
  api_key: string;
  key_id: string;
}

/** A tenant and its first key, which may do everything. For scripts: no route of the public API leads here. */
export async function createTenant(ports: Ports, name: string, environment: Environment): Promise<CreatedTenant> {
  const tenantId = ID_PREFIX.tenant + encodeBase32(ports.random(16));
  const key = createApiKey(tenantId, environment);
  const hash = hashApiKey(key);
  const createdAt = new Date(ports.now());
  const row = {
    id: newId(ports, "key"),
    tenantId,
    environment,
    name: "first key",
    hash,
    scopes: [...SCOPES],
    roles: ["admin"],
    permissions: [],
    createdBy: null,
    createdAt,
    revokedAt: null,
  };
  await ports.database.batch([
    ports.database.insert(tenants).values({ id: tenantId, name, createdAt }),
    ports.database.insert(apiKeys).values(row),
  ]);
  await onTenant(ports, { tenantId, environment }, (tenant) => tenant.putKey(hash, keyRecordOf(row)));
  return { tenant_id: tenantId, name, environment, api_key: key, key_id: row.id };
}
