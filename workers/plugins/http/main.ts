import { WorkerEntrypoint } from "cloudflare:workers";
import type { OpenConnection } from "../../../connectors/auth/credentials.ts";
import { invokeAction, type InvokeDeps } from "../../../connectors/invoke.ts";
import type { CallContext, PluginRpc } from "../../../contracts/rpc.ts";
import type { TelemetryAnswer, TelemetryRequest, TelemetrySenderRpc } from "../../../contracts/telemetry.ts";
import type { WebhookAnswer, WebhookRequest, WebhookSenderRpc } from "../../../contracts/webhook-delivery.ts";
import type { Json } from "../../../engine/json.ts";
import type { ActionCall, ActionResult } from "../../../engine/run/types.ts";
import { loadIsolate } from "../isolate/load-isolate.ts";
import { deliverWebhook } from "./deliver-webhook.ts";
import type { Env } from "./env.ts";
import isolatedCode from "./generated/isolated.txt";
import { lookupsOf, type LookupOwner } from "./lookups.ts";
import type { LookupsRpc } from "./lookups-rpc.ts";
import { sendTelemetry } from "./send-telemetry.ts";
import { ownExports } from "./own-exports.ts";
import { deploymentPolicy } from "../../../connectors/egress/deployment-policy.ts";

function lookupsFor(env: Env, owner: LookupOwner): ReturnType<typeof lookupsOf> {
  const tenant = env.TENANT.getByName(`global/${owner.tenantId}/${owner.environment}`);
  return lookupsOf(tenant, env.MASTER_KEY, owner, Date.now());
}

/** The http plugin: connectors, services and plain requests. The only place where credentials are in the clear. */
export default class HttpPlugin
  extends WorkerEntrypoint<Env>
  implements PluginRpc, WebhookSenderRpc, TelemetrySenderRpc
{
  async deliver(request: WebhookRequest): Promise<WebhookAnswer> {
    return deliverWebhook(request, {
      masterKey: this.env.MASTER_KEY,
      policy: deploymentPolicy(this.env),
      fetch: (target, init) => fetch(target, init),
      now: Date.now,
    });
  }

  async sendTelemetry(request: TelemetryRequest): Promise<TelemetryAnswer> {
    return sendTelemetry(request, {
      masterKey: this.env.MASTER_KEY,
      policy: deploymentPolicy(this.env),
      fetch: (target, init) => fetch(target, init),
      now: Date.now,
    });
  }

  async invoke(call: ActionCall, context: CallContext): Promise<ActionResult> {
    if (context.isolated) return this.#isolateOf(context).invoke(call, context);
    return invokeAction(call, context, {
      ...lookupsFor(this.env, context),
      policy: deploymentPolicy(this.env),
      fetch: (target, init) => fetch(target, init),
      now: Date.now,
    });
  }

  #isolateOf(context: CallContext): PluginRpc {
    const { ENVIRONMENT_NAME, DEVELOPMENT_HOSTS, PUBLIC_URL, LOADER } = this.env;
    const { tenantId, environment } = context;
    const { Lookups, Egress } = ownExports(this.ctx);
    return loadIsolate(LOADER, context, isolatedCode, {
      env: { LOOKUPS: Lookups({ props: { tenantId, environment } }), ENVIRONMENT_NAME, DEVELOPMENT_HOSTS, PUBLIC_URL },
      globalOutbound: Egress({ props: {} }),
    });
  }
}

/** What isolates look up. Whose values: the props say it, which this Worker alone sets. */
export class Lookups extends WorkerEntrypoint<Env, LookupOwner> implements LookupsRpc {
  async findConnection(query: { connector: string; ref?: string }): Promise<OpenConnection | null> {
    return this.#own().findConnection(query);
  }

  async secrets(names: string[]): Promise<Record<string, string>> {
    return this.#own().secrets(names);
  }

  async variables(names: string[]): Promise<Record<string, Json>> {
    return this.#own().env(names);
  }

  #own(): Pick<InvokeDeps, "findConnection" | "secrets" | "env"> {
    return lookupsFor(this.env, this.ctx.props);
  }
}

/** Where the fetches of isolates go out: by the flags of this Worker. */
export class Egress extends WorkerEntrypoint<Env> {
  override fetch(request: Request): Promise<Response> {
    return fetch(request);
  }
}
