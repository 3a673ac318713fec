import { WorkerEntrypoint } from "cloudflare:workers";
import type { CallContext, CoordinatorRpc, PluginRpc, StartCommand } from "../../contracts/rpc.ts";
import { CellStorage } from "../../durable-objects/coordinator/cell-storage.ts";
import { Coordinator } from "../../durable-objects/coordinator/coordinator.ts";
import type { ActionCall, ActionResult, StampedEvent } from "../../engine/run/types.ts";
import type { Played, Scenario } from "../conformance/host.ts";
import { Script } from "../conformance/script.ts";

export { Tenant } from "../../durable-objects/tenant/tenant.ts";

const LONGEST_RUN_MS = 60_000;

/** The scripts of the runs in flight by execution: the plugin below runs in this same isolate. */
const scripts = new Map<string, Script>();

/** The product's coordinator, whose stored log the test may read. */
export class ReadableCoordinator extends Coordinator {
  async events(executionId: string): Promise<StampedEvent[]> {
    return [...new CellStorage(this.ctx.storage).log(executionId)];
  }
}

/** The only plugin of these runs: it answers from the case. */
export class ScriptPlugin extends WorkerEntrypoint implements PluginRpc {
  async invoke(call: ActionCall, { executionId }: CallContext): Promise<ActionResult> {
    const script = scripts.get(executionId);
    if (script === undefined) throw new Error(`no script for ${executionId}`);
    return script.answer(call);
  }
}

interface Env {
  COORDINATOR: { getByName(name: string): CoordinatorRpc & Pick<ReadableCoordinator, "events"> };
}

/** POST a scenario; the answer is what its run left behind. */
export default class Conformance extends WorkerEntrypoint<Env> {
  override async fetch(request: Request): Promise<Response> {
    const { scenario, executionId } = await request.json<{ scenario: Scenario; executionId: string }>();
    const script = new Script(scenario.answers, (ms) => scheduler.wait(ms));
    scripts.set(executionId, script);
    const cell = this.env.COORDINATOR.getByName("global/ten_conformance/test/s0");
    const answer = await cell.start(startCommand(scenario, executionId));
    scripts.delete(executionId);
    if (answer.kind !== "finished") return new Response(`the run is not over: ${answer.kind}`, { status: 500 });
    const events = await cell.events(executionId);
    const played: Played = { events, record: answer.record, calls: script.calls, inFlight: script.inFlight };
    return Response.json(played);
  }
}

function startCommand({ source, inputs, env }: Scenario, executionId: string): StartCommand {
  return {
    executionId,
    tenantId: "ten_conformance",
    environment: "test",
    planDigest: executionId,
    plan: source,
    inputs,
    env,
    mode: "sync",
    waitMs: LONGEST_RUN_MS,
    actor: "key_conformance",
  };
}
