import { WorkerEntrypoint } from "cloudflare:workers";
import { invokeAction } from "../../../connectors/invoke.ts";
import type { CallContext, PluginRpc } from "../../../contracts/rpc.ts";
import type { ActionCall, ActionResult } from "../../../engine/run/types.ts";
import { markResult } from "../isolate/mark-result.ts";
import type { PolicyEnv } from "./env.ts";
import type { LookupsRpc } from "./lookups-rpc.ts";
import { deploymentPolicy } from "../../../connectors/egress/deployment-policy.ts";

interface IsolatedEnv extends PolicyEnv {
  LOOKUPS: LookupsRpc;
}

/**
 * The http plugin inside the isolate of one isolated execution: no master key, no tenant objects; its fetches go out through
 * `Egress`. Built to `generated/isolated.txt`, which `main.ts` loads.
 */
export default class IsolatedHttpPlugin extends WorkerEntrypoint<IsolatedEnv> implements PluginRpc {
  async invoke(call: ActionCall, context: CallContext): Promise<ActionResult> {
    const { LOOKUPS } = this.env;
    const result = await invokeAction(call, context, {
      findConnection: (query) => LOOKUPS.findConnection(query),
      secrets: (names) => LOOKUPS.secrets(names),
      env: (names) => LOOKUPS.variables(names),
      policy: deploymentPolicy(this.env),
      fetch: (target, init) => fetch(target, init),
      now: Date.now,
    });
    return markResult(result);
  }
}
