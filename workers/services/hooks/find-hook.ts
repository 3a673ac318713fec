import type { Owner } from "../../../contracts/placement.ts";
import type { StoredTrigger } from "../../../contracts/triggers-rpc.ts";
import type { WebhookSpec } from "../../../engine/triggers/trigger-spec.ts";
import { hookPath } from "../../../engine/triggers/trigger-spec.ts";
import type { Ports } from "../context.ts";
import { onTriggers } from "../object-calls.ts";

const TENANT = /^(ten_[0-9a-hjkmnp-tv-z]{26})(?:-(live|test))?$/;

export interface FoundHook {
  owner: Owner;
  trigger: StoredTrigger;
  spec: WebhookSpec;
}

/**
 * The webhook of an address. `{tenant}-test` and `{tenant}-live` name an environment; the tenant alone means live, and
 * test where live has no such path.
 */
export async function findHook(ports: Ports, segment: string, path: string): Promise<FoundHook | undefined> {
  const [, tenantId, environment] = TENANT.exec(segment) ?? [];
  if (tenantId === undefined) return undefined;
  const environments = (["live", "test"] as const).filter((it) => environment === undefined || it === environment);
  for (const wanted of environments) {
    const owner: Owner = { tenantId, environment: wanted };
    const trigger = await onTriggers(ports, owner, (it) => it.findHook(hookPath(path)));
    if (trigger?.spec.type === "webhook") return { owner, trigger, spec: trigger.spec };
  }
  return undefined;
}
