import type { InstanceView } from "../../../contracts/api/services.ts";
import { type Result, success } from "../../../contracts/errors.ts";
import type { InstanceState } from "../../../contracts/services-rpc.ts";
import type { Context } from "../context.ts";
import { onServices } from "../object-calls.ts";
import { ownConnector } from "./own-connector.ts";

/** The instances of the caller's tenant and environment, of one connector or of all. */
export async function listInstances(context: Context, slug?: string): Promise<Result<{ data: InstanceView[] }>> {
  const { ports, caller } = context;
  const connector = slug === undefined ? undefined : await ownConnector(context, slug);
  if (connector && !connector.ok) return connector;
  const found = await onServices(ports, caller, (services) => services.instances(connector?.value));
  return success({ data: found.map(viewOf) });
}

function viewOf(instance: InstanceState): InstanceView {
  return {
    plugin_slug: instance.connector,
    instance_id: instance.instanceId,
    version: instance.version,
    url: instance.url,
    health_check_url: instance.healthUrl,
    actions: instance.actions,
    region: instance.region,
    concurrent: instance.concurrent,
    health: instance.health,
    in_rotation: instance.inRotation,
    failures: instance.failures,
    in_flight: instance.inFlight,
    registered_at: new Date(instance.registeredAt).toISOString(),
    checked_at: instance.checkedAt === null ? null : new Date(instance.checkedAt).toISOString(),
  };
}
