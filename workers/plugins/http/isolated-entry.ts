import { WorkerEntrypoint } from "cloudflare:workers";
import type { InvokeDeps } from "../../../connectors/attempt/invoke-deps.ts";
import { finishAction } from "../../../connectors/finish.ts";
import { maskSaid } from "../../../connectors/mask-said.ts";
import { invokeAction } from "../../../connectors/invoke.ts";
import type { CallContext, PluginRpc, TaskFinisherRpc } from "../../../contracts/rpc.ts";
import type { Json } from "../../../engine/json.ts";
import type { ActionCall, ActionResult } from "../../../engine/run/types.ts";
import { connectorOf } from "../isolate/connector-of.ts";
import { markResult } from "../isolate/mark-result.ts";
import type { PolicyEnv } from "./env.ts";
import type { LookupsRpc } from "./lookups-rpc.ts";
import { wayOut } from "./way-out.ts";

interface IsolatedEnv extends PolicyEnv {
  LOOKUPS: LookupsRpc;
}

/**
 * The http plugin inside the isolate of one isolated execution: no master key, no tenant objects; its fetches go out through
 * `Egress`. Built to `generated/isolated.txt`, which `main.ts` loads.
 */
export default class IsolatedHttpPlugin extends WorkerEntrypoint<IsolatedEnv> implements PluginRpc, TaskFinisherRpc {
  async invoke(call: ActionCall, context: CallContext): Promise<ActionResult> {
    if (call.action.handler.kind === "mcp") return this.#callTool(call, context);
    return markResult(await invokeAction(call, context, { ...this.#deps(call), services: this.#services() }));
  }

  #services(): InvokeDeps["services"] {
    const { LOOKUPS } = this.env;
    return {
      takeInstance: (wish) => LOOKUPS.takeInstance(wish),
      giveBackInstance: (lease, outcome) =>
        this.ctx.waitUntil(LOOKUPS.giveBackInstance(lease, outcome).catch(() => undefined)),
      claimTask: (own, ours, owner, expiresAt) => LOOKUPS.claimTask(own, ours, owner, expiresAt),
      sealRevealed: (values, attempt) => LOOKUPS.sealRevealed(values, attempt),
      openRevealed: (sealed, attempt) => LOOKUPS.openRevealed(sealed, attempt),
      sign: (connector, id, body) => LOOKUPS.sign(connector, id, body),
    };
  }

  #deps(
    call: ActionCall,
  ): Pick<
    InvokeDeps,
    "findConnection" | "connectionNames" | "connectLink" | "secrets" | "env" | "policy" | "fetch" | "now"
  > {
    const { LOOKUPS } = this.env;
    const connector = connectorOf(call);
    return {
      findConnection: (query) => LOOKUPS.findConnection(query, connector),
      connectionNames: (name) => LOOKUPS.connectionNames(name),
      connectLink: (wanted) => LOOKUPS.connectLink(wanted),
      secrets: (names) => LOOKUPS.secrets(names, connector),
      env: (names) => LOOKUPS.variables(names, connector),
      ...wayOut(this.env),
      now: Date.now,
    };
  }

  async #callTool(call: ActionCall, context: CallContext): Promise<ActionResult> {
    const { LOOKUPS } = this.env;
    const { cell, executionId } = context;
    const { path, attempt } = call;
    const { callTool } = await import("./mcp/call-tool.ts");
    const result = await callTool(call, context, {
      ...this.#deps(call),
      services: this.#services(),
      background: (task) => this.ctx.waitUntil(task),
      progress: (said) =>
        this.ctx.waitUntil(LOOKUPS.report({ cell, executionId, path, attempt }, said).catch(() => undefined)),
    });
    return markResult(result);
  }

  async maskSaid(call: ActionCall, _context: CallContext, text: string, revealed?: string): Promise<string | null> {
    return maskSaid(call, text, { ...this.#deps(call), services: this.#services() }, revealed);
  }

  async finish(call: ActionCall, _context: CallContext, envelope: Json, revealed?: string): Promise<ActionResult> {
    const deps = { ...this.#deps(call), services: this.#services() };
    return markResult(await finishAction(call, envelope, deps, revealed));
  }
}
