import { codeHandlerOf } from "../../../connectors/code/pinned-code-handler.ts";
import type { ConnectorManifest } from "../../../connectors/manifest/manifest.ts";
import { tenantObjectName } from "../../../contracts/placement.ts";
import type { PinnedAction } from "../../../engine/connector.ts";
import type { Context } from "../context.ts";
import { onTenant } from "../object-calls.ts";

/** Tenants whose object has the modules of a manifest, as this isolate knows. */
const kept = new WeakMap<ConnectorManifest, Set<string>>();

/**
 * Puts the modules of a code connector where the code plugin finds them by digest, before a plan pins it: the tenant's object, which a
 * call can ask while Postgres is down. What is pinned stays there, whatever becomes of the published version.
 */
export async function keepModules(
  { ports, caller }: Context,
  manifest: ConnectorManifest,
  pin: PinnedAction,
): Promise<void> {
  const handler = codeHandlerOf(pin.handler);
  if (handler === undefined || manifest.modules === undefined) return;
  const owner = tenantObjectName(caller);
  const owners = kept.get(manifest) ?? new Set();
  if (owners.has(owner)) return;
  const { modules } = manifest;
  await onTenant(ports, caller, (tenant) => tenant.putCodeModules(handler.digest, modules));
  kept.set(manifest, owners.add(owner));
}
