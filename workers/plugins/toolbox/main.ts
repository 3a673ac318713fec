import { WorkerEntrypoint } from "cloudflare:workers";
import type { CallContext, PluginRpc } from "../../../contracts/rpc.ts";
import type { ActionCall, ActionResult } from "../../../engine/run/types.ts";
import { isolatedPlugin } from "../isolate/isolated-plugin.ts";
import type { Env } from "./env.ts";
import isolatedCode from "./generated/isolated.txt";
import { runTool } from "./run-tool.ts";

/** The toolbox plugin: first-party connectors without I/O. */
export default class Toolbox extends WorkerEntrypoint<Env> implements PluginRpc {
  async invoke(call: ActionCall, context: CallContext): Promise<ActionResult> {
    if (!context.isolated) return runTool(call, Date.now);
    const isolate = isolatedPlugin(this.env.LOADER, context, isolatedCode, { env: {}, globalOutbound: null });
    return isolate.invoke(call, context);
  }
}
