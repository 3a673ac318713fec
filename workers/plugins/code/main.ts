import { RpcTarget, WorkerEntrypoint } from "cloudflare:workers";
import { isObject } from "../../../engine/json.ts";
import type { Modules } from "../../../connectors/code/modules-digest.ts";
import type { SandboxSource } from "../../../contracts/code-sandbox-rpc.ts";
import { tenantObjectName } from "../../../contracts/placement.ts";
import type { CallContext, PluginRpc } from "../../../contracts/rpc.ts";
import type { SandboxEnds } from "../../../contracts/sandbox-ends.ts";
import type { ActionCall, ActionResult } from "../../../engine/run/types.ts";
import { isolatedPlugin } from "../isolate/isolated-plugin.ts";
import { takePlace } from "./call-places.ts";
import { CallHost } from "./call-host.ts";
import type { Env } from "./env.ts";
import isolatedCode from "./generated/isolated.txt";
import { loadModules } from "./module-store.ts";
import { OWN_MODULES } from "./own-modules.ts";
import { runModule } from "./run-module.ts";
import { transformRunner } from "./run-transform.ts";

const runTransform = transformRunner(OWN_MODULES, Date.now);

/** The code plugin: published modules, and transforms of the languages that need a sandbox. */
export default class CodePlugin extends WorkerEntrypoint<Env> implements PluginRpc {
  async invoke(call: ActionCall, context: CallContext): Promise<ActionResult> {
    if (isObject(call.action.handler) && call.action.handler.kind === "code") return this.#runModule(call, context);
    if (!context.isolated) return runTransform(call);
    const isolate = isolatedPlugin(this.env.LOADER, context, isolatedCode, {
      env: {},
      globalOutbound: null,
      modules: {
        "generated/jq.wasm": { wasm: OWN_MODULES.jq },
        "generated/quickjs.wasm": { wasm: OWN_MODULES.quickJs },
      },
    });
    return isolate.invoke(call, context);
  }

  #runModule(call: ActionCall, context: CallContext): Promise<ActionResult> {
    const { SANDBOX, HTTP_PLUGIN, COORDINATOR, TENANT, SERVICES, SANDBOX_STUCK_MS, SANDBOX_WATCHDOG } = this.env;
    const owner = tenantObjectName(context);
    const { cell, executionId } = context;
    return runModule(call, context, {
      sandbox: SANDBOX,
      gate: HTTP_PLUGIN,
      host: (grant, record, deadline) => new CallHost(HTTP_PLUGIN, grant, record, deadline),
      source: (modules) => new ModuleSource(modules),
      loadModules: (digest) => loadModules(owner, digest, () => TENANT.getByName(owner).codeModules(digest)),
      takePlace: (said, asked) =>
        takePlace(
          said,
          { ...asked, owner },
          () => SERVICES.getByName(owner),
          (task) => this.ctx.waitUntil(task),
        ),
      report: async (report) =>
        cell === undefined ? false : COORDINATOR.getByName(cell).report(executionId, call.path, call.attempt, report),
      now: Date.now,
      ...(SANDBOX_STUCK_MS === undefined ? {} : { stuckMs: Number(SANDBOX_STUCK_MS) }),
      ...(SANDBOX_WATCHDOG === undefined ? {} : { ends: () => endsOf(SANDBOX_WATCHDOG) }),
    });
  }
}

async function endsOf(watchdog: Fetcher): Promise<SandboxEnds["ends"]> {
  const answer = await watchdog.fetch("http://watchdog/", { signal: AbortSignal.timeout(1_000) });
  const { ends } = await answer.json<SandboxEnds>();
  return ends;
}

/** Gives the sandbox the modules of a call, when it has to make an isolate for them. */
class ModuleSource extends RpcTarget implements SandboxSource {
  readonly #modules: () => Promise<Modules>;

  constructor(modules: () => Promise<Modules>) {
    super();
    this.#modules = modules;
  }

  async modules(): Promise<Record<string, string>> {
    return { ...(await this.#modules()) };
  }
}
