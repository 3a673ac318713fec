import { WorkerEntrypoint } from "cloudflare:workers";
import type { PluginRpc } from "../../../contracts/rpc.ts";
import type { ActionCall, ActionResult } from "../../../engine/run/types.ts";
import { markResult } from "../isolate/mark-result.ts";
import { runTool } from "./run-tool.ts";

/** The toolbox inside the isolate of one isolated execution. Built to `generated/isolated.txt`, which `main.ts` loads. */
export default class IsolatedToolbox extends WorkerEntrypoint implements PluginRpc {
  async invoke(call: ActionCall): Promise<ActionResult> {
    return markResult(await runTool(call, Date.now));
  }
}
