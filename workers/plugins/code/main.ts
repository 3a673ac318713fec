import { WorkerEntrypoint } from "cloudflare:workers";
import type { CallContext, PluginRpc } from "../../../contracts/rpc.ts";
import type { ActionCall, ActionResult } from "../../../engine/run/types.ts";
import { loadIsolate } from "../isolate/load-isolate.ts";
import type { Env } from "./env.ts";
import isolatedCode from "./generated/isolated.txt";
import { OWN_MODULES } from "./own-modules.ts";
import { transformRunner } from "./run-transform.ts";

const runTransform = transformRunner(OWN_MODULES, Date.now);

/** The code plugin: transforms of the languages that need a sandbox. */
export default class CodePlugin extends WorkerEntrypoint<Env> implements PluginRpc {
  async invoke(call: ActionCall, context: CallContext): Promise<ActionResult> {
    if (!context.isolated) return runTransform(call);
    const isolate = loadIsolate(this.env.LOADER, context, isolatedCode, {
      env: {},
      globalOutbound: null,
      modules: {
        "generated/jq.wasm": { wasm: OWN_MODULES.jq },
        "generated/quickjs.wasm": { wasm: OWN_MODULES.quickJs },
      },
    });
    return isolate.invoke(call, context);
  }
}
