import { WorkerEntrypoint } from "cloudflare:workers";
import { invokeAction } from "../../../connectors/invoke.ts";
import type { CallContext, PluginRpc } from "../../../contracts/rpc.ts";
import type { ActionCall, ActionResult } from "../../../engine/run/types.ts";
import type { Env } from "./env.ts";
import { lookupsOf } from "./lookups.ts";
import { policyOf } from "./policy.ts";

/** The http plugin: connectors, services and plain requests. The only place where credentials are in the clear. */
export default class HttpPlugin extends WorkerEntrypoint<Env> implements PluginRpc {
  async invoke(call: ActionCall, context: CallContext): Promise<ActionResult> {
    const tenant = this.env.TENANT.getByName(`global/${context.tenantId}/${context.environment}`);
    return invokeAction(call, context, {
      ...lookupsOf(tenant, this.env.MASTER_KEY, context, Date.now()),
      policy: policyOf(this.env),
      fetch: (target, init) => fetch(target, init),
      now: Date.now,
    });
  }
}
