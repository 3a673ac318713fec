import { WorkerEntrypoint } from "cloudflare:workers";
import type { PluginRpc } from "../../../contracts/rpc.ts";
import type { ActionCall, ActionResult } from "../../../engine/run/types.ts";
import { markResult } from "../isolate/mark-result.ts";
import { OWN_MODULES } from "./own-modules.ts";
import { transformRunner } from "./run-transform.ts";

const runTransform = transformRunner(OWN_MODULES, Date.now);

/** The code plugin inside the isolate of one isolated execution. Built to `generated/isolated.txt`, which `main.ts` loads. */
export default class IsolatedCodePlugin extends WorkerEntrypoint implements PluginRpc {
  async invoke(call: ActionCall): Promise<ActionResult> {
    return markResult(runTransform(call));
  }
}
