import { WorkerEntrypoint } from "cloudflare:workers";
import type { PluginRpc } from "../../../contracts/rpc.ts";
import type { ActionCall, ActionResult } from "../../../engine/run/types.ts";
import type { Env } from "./env.ts";
import { runTool } from "./run-tool.ts";

/** The toolbox plugin: first-party connectors without I/O. */
export default class Toolbox extends WorkerEntrypoint<Env> implements PluginRpc {
  async invoke(call: ActionCall): Promise<ActionResult> {
    return runTool(call, Date.now);
  }
}
