import { WorkerEntrypoint } from "cloudflare:workers";
import type { OpenConnection } from "../../../connectors/auth/credentials.ts";
import type { RevealDeps } from "../../../connectors/attempt/reveal-deps.ts";
import { finishAction } from "../../../connectors/finish.ts";
import { maskSaid } from "../../../connectors/mask-said.ts";
import { internedAction, knownAction } from "../../../connectors/interned-action.ts";
import { invokeAction } from "../../../connectors/invoke.ts";
import type { WantedConnection } from "../../../connectors/wanted-connection.ts";
import type { Result } from "../../../contracts/errors.ts";
import type { BrowserSession, ConnectionCheck, OAuthRpc } from "../../../contracts/oauth-rpc.ts";
import type { Owner } from "../../../contracts/placement.ts";
import { beginAuthorization, finishAuthorization } from "./oauth-door.ts";
import { checkConnection, isKept, resealConnection, revokeConnection } from "./oauth-care.ts";
import type { HttpPluginRpc } from "../../../contracts/http-plugin-rpc.ts";
import type { CallContext, PluginRpc, SealedConnection, TaskFinisherRpc } from "../../../contracts/rpc.ts";
import { prepareForCode } from "../../../connectors/code/prepare-for-code.ts";
import { sendForCode } from "../../../connectors/code/send-for-code.ts";
import type { CodeGateAnswer, CodeGateRpc, CodeGrant, CodeReady, CodeWish } from "../../../contracts/code-gate-rpc.ts";
import type { SandboxRequest } from "../../../contracts/code-sandbox-rpc.ts";
import type { TelemetryAnswer, TelemetryRequest, TelemetrySenderRpc } from "../../../contracts/telemetry.ts";
import type { WebhookAnswer, WebhookRequest, WebhookSenderRpc } from "../../../contracts/webhook-delivery.ts";
import type { Json } from "../../../engine/json.ts";
import type { ActionCall, ActionResult } from "../../../engine/run/types.ts";
import { isolatedPlugin } from "../isolate/isolated-plugin.ts";
import { connectorOf } from "../isolate/connector-of.ts";
import { deliverWebhook } from "./deliver-webhook.ts";
import type { Env } from "./env.ts";
import isolatedCode from "./generated/isolated.txt";
import type { LookupOwner, lookupsOf } from "./lookups.ts";
import type { LookupsRpc } from "./lookups-rpc.ts";
import type { ToolListRpc, ToolsAnswer, ToolsQuestion } from "../../../contracts/mcp-rpc.ts";
import type { CallOutcome, InstanceProbeRpc, ProbeAnswer } from "../../../contracts/services-rpc.ts";
import type { Place, PlaceWish, ServiceCalls } from "../../../connectors/services/service-calls.ts";
import { probeInstance } from "./probe-instance.ts";
import { sendTelemetry } from "./send-telemetry.ts";
import { ownExports } from "./own-exports.ts";
import { CallDeps, lookupsFor, oauthPorts, serviceCallsFor } from "./call-deps.ts";
import { wayOut } from "./way-out.ts";

/** What a call says while it runs; the cell of the tenant alone, whatever the isolate names. */
async function reportProgress(
  env: Env,
  context: Pick<CallContext, "tenantId" | "environment" | "cell" | "executionId">,
  { path, attempt }: Pick<ActionCall, "path" | "attempt">,
  said: { percent?: number; message?: string },
): Promise<void> {
  const { tenantId, environment, cell, executionId } = context;
  if (cell?.startsWith(`global/${tenantId}/${environment}/`) !== true) return;
  const report = { kind: "progress" as const, ...said };
  await env.COORDINATOR.getByName(cell)
    .report(executionId, path, attempt, report)
    .catch(() => false);
}

/** The http plugin: connectors, services and plain requests. The only place where credentials are in the clear. */
export default class HttpPlugin
  extends WorkerEntrypoint<Env>
  implements
    HttpPluginRpc,
    ToolListRpc,
    TaskFinisherRpc,
    WebhookSenderRpc,
    TelemetrySenderRpc,
    InstanceProbeRpc,
    OAuthRpc,
    CodeGateRpc
{
  async deliver(request: WebhookRequest): Promise<WebhookAnswer> {
    return deliverWebhook(request, {
      masterKey: this.env.MASTER_KEY,
      ...wayOut(this.env),
      now: Date.now,
    });
  }

  async sendTelemetry(request: TelemetryRequest): Promise<TelemetryAnswer> {
    return sendTelemetry(request, {
      masterKey: this.env.MASTER_KEY,
      ...wayOut(this.env),
      now: Date.now,
    });
  }

  async beginAuthorization(
    owner: Owner,
    connection: SealedConnection,
    browser: BrowserSession & { link: string | null },
  ): Promise<Result<{ url: string }>> {
    return beginAuthorization(owner, connection, browser, oauthPorts(this.env));
  }

  async finishAuthorization(query: string, browser: BrowserSession): Promise<Result<{ connector: string }>> {
    return finishAuthorization(query, browser, oauthPorts(this.env));
  }

  async revokeConnection(owner: Owner, connection: SealedConnection, deleted = false): Promise<boolean> {
    const { told } = await revokeConnection(owner, connection, oauthPorts(this.env), deleted);
    if (!deleted) return told;
    this.ctx.waitUntil(told);
    return false;
  }

  async checkConnection(owner: Owner, connection: SealedConnection): Promise<Result<ConnectionCheck>> {
    return checkConnection(owner, connection, oauthPorts(this.env));
  }

  async isKept(owner: Owner, connectionId: string): Promise<boolean> {
    return isKept(owner, connectionId, oauthPorts(this.env));
  }

  async resealConnection(owner: Owner, connectionId: string): Promise<boolean> {
    return resealConnection(owner, connectionId, oauthPorts(this.env));
  }

  async prepareForCode(grant: CodeGrant, wish: CodeWish): Promise<CodeReady> {
    return prepareForCode(grant, wish, {
      ...lookupsFor(this.env, grant, `${grant.connector}@${grant.connectorVersion}`),
      now: Date.now,
    });
  }

  async sendForCode({ headers, ...request }: SandboxRequest, grant: CodeGrant): Promise<CodeGateAnswer> {
    return sendForCode({ ...request, headers: new Headers(headers) }, grant, {
      ...lookupsFor(this.env, grant, `${grant.connector}@${grant.connectorVersion}`),
      ...wayOut(this.env),
      now: Date.now,
    });
  }

  async probeInstance(healthUrl: string): Promise<ProbeAnswer> {
    return probeInstance(healthUrl, wayOut(this.env));
  }

  async listTools(question: ToolsQuestion): Promise<ToolsAnswer> {
    // The SDK is loaded by the first call that needs it: most isolates never do.
    const { listTools } = await import("./mcp/list-tools.ts");
    return listTools(question, {
      ...lookupsFor(this.env, question, `${question.connector}@${question.connectorVersion}`),
      ...wayOut(this.env),
      now: Date.now,
      background: (task) => this.ctx.waitUntil(task),
    });
  }

  async invoke(call: ActionCall, context: CallContext, ref?: string): Promise<ActionResult> {
    if (context.isolated) return this.#isolateOf(context).invoke(call, context);
    return this.#run(ref === undefined ? call : { ...call, action: internedAction(call.action, ref) }, context);
  }

  async invokeKnown(ref: string, call: Omit<ActionCall, "action">, context: CallContext): Promise<ActionResult | null> {
    const action = knownAction(ref);
    // What came by RPC is nobody else's.
    return action === undefined ? null : this.#run(Object.assign(call, { action }), context);
  }

  #run(call: ActionCall, context: CallContext): Promise<ActionResult> {
    if (call.action.handler.kind === "mcp") return this.#callTool(call, context);
    return invokeAction(call, context, new CallDeps(this.env, this.ctx, context, call.action));
  }

  async finish(call: ActionCall, context: CallContext, envelope: Json, revealed?: string): Promise<ActionResult> {
    if (context.isolated) return this.#isolateOf(context).finish(call, context, envelope, revealed);
    return finishAction(call, envelope, this.#revealing(call, context), revealed);
  }

  async maskSaid(call: ActionCall, context: CallContext, text: string, revealed?: string): Promise<string | null> {
    if (context.isolated) return this.#isolateOf(context).maskSaid(call, context, text, revealed);
    return maskSaid(call, text, this.#revealing(call, context), revealed);
  }

  #revealing(call: ActionCall, context: CallContext): RevealDeps {
    return {
      ...lookupsFor(this.env, context, connectorOf(call)),
      services: serviceCallsFor(this.env, context, this.ctx),
      now: Date.now,
    };
  }

  async #callTool(call: ActionCall, context: CallContext): Promise<ActionResult> {
    const { callTool } = await import("./mcp/call-tool.ts");
    return callTool(call, context, {
      ...lookupsFor(this.env, context, connectorOf(call)),
      ...wayOut(this.env),
      services: serviceCallsFor(this.env, context, this.ctx),
      now: Date.now,
      background: (task) => this.ctx.waitUntil(task),
      progress: (said) => this.ctx.waitUntil(reportProgress(this.env, context, call, said)),
    });
  }

  #isolateOf(context: CallContext): PluginRpc & TaskFinisherRpc {
    const { ENVIRONMENT_NAME, DEVELOPMENT_HOSTS, PUBLIC_URL, DNS_RESOLVER_URL, LOADER } = this.env;
    const { tenantId, environment, published } = context;
    const { Lookups, Egress } = ownExports(this.ctx);
    return isolatedPlugin<PluginRpc & TaskFinisherRpc>(LOADER, context, isolatedCode, {
      env: {
        LOOKUPS: Lookups({ props: { tenantId, environment, published } }),
        ...{ ENVIRONMENT_NAME, DEVELOPMENT_HOSTS, PUBLIC_URL, DNS_RESOLVER_URL },
      },
      globalOutbound: Egress({ props: {} }),
    });
  }
}

/** What isolates look up. Whose values: the props say it, which this Worker alone sets. */
export class Lookups extends WorkerEntrypoint<Env, LookupOwner> implements LookupsRpc {
  async findConnection(query: WantedConnection, connector: string): Promise<OpenConnection | null> {
    const found = await this.#own(connector).findConnection(query);
    // What sends with a certificate is a binding of this Worker: it does not go into an isolate.
    if (found?.certifiedFetch) delete found.certifiedFetch;
    return found;
  }

  async connectionNames(connector: string): Promise<string[]> {
    return (await this.#own().connectionNames?.(connector)) ?? [];
  }

  async connectLink(wanted: WantedConnection & { connectionId?: string; expiresAt: number }): Promise<string> {
    return this.#own().connectLink(wanted);
  }

  async secrets(names: string[], connector: string): Promise<Record<string, string>> {
    return this.#own(connector).secrets(names);
  }

  async variables(names: string[], connector: string): Promise<Record<string, Json>> {
    return this.#own(connector).env(names);
  }

  async takeInstance(wish: PlaceWish): Promise<Place> {
    return this.#services().takeInstance(wish);
  }

  async giveBackInstance(lease: string, outcome: CallOutcome): Promise<void> {
    this.#services().giveBackInstance(lease, outcome);
  }

  async claimTask(own: string, ours: string, owner: string, expiresAt: number): Promise<boolean> {
    return this.#services().claimTask(own, ours, owner, expiresAt);
  }

  async sealRevealed(values: string[], attempt: string): Promise<string> {
    return this.#services().sealRevealed(values, attempt);
  }

  async openRevealed(sealed: string, attempt: string): Promise<string[]> {
    return this.#services().openRevealed(sealed, attempt);
  }

  async report(
    call: Pick<CallContext, "cell" | "executionId"> & Pick<ActionCall, "path" | "attempt">,
    said: { percent?: number; message?: string },
  ): Promise<void> {
    const { tenantId, environment } = this.ctx.props;
    await reportProgress(this.env, { ...call, tenantId, environment }, call, said);
  }

  async sign(connector: string, id: string, body: string): Promise<Record<string, string>> {
    return this.#services().sign(connector, id, body);
  }

  #services(): ServiceCalls {
    return serviceCallsFor(this.env, this.ctx.props, this.ctx);
  }

  #own(connector?: string): ReturnType<typeof lookupsOf> {
    return lookupsFor(this.env, this.ctx.props, connector);
  }
}

/** Where the fetches of isolates go out: by the flags and the network of this Worker. */
export class Egress extends WorkerEntrypoint<Env> {
  override fetch(request: Request): Promise<Response> {
    return wayOut(this.env).fetch(request);
  }
}
