import type { Owner } from "../../../contracts/placement.ts";
import type { TenantSettings } from "../../../contracts/quota-rpc.ts";
import type { TriggerActor } from "../../../contracts/triggers-rpc.ts";
import type { Context, Ports } from "../context.ts";

/** A verb's context where nobody asks: a trigger acts, with the rights of the key that made it. */
export function triggerContext(
  ports: Ports,
  owner: Owner,
  triggerId: string,
  { roles, permissions }: Pick<TriggerActor, "roles" | "permissions">,
  background: Context["background"],
  settings?: TenantSettings,
): Context {
  const { tenantId, environment } = owner;
  const caller = {
    keyId: triggerId,
    tenantId,
    environment,
    scopes: ["executions:write"],
    roles,
    permissions,
    settings,
  };
  return { ports, caller, background };
}
