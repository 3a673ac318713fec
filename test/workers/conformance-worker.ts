import { WorkerEntrypoint } from "cloudflare:workers";
import type { HttpPluginRpc } from "../../contracts/http-plugin-rpc.ts";
import type { CallContext, CoordinatorRpc, TaskFinisherRpc } from "../../contracts/rpc.ts";
import { CellStorage } from "../../durable-objects/coordinator/cell-storage.ts";
import { Coordinator } from "../../durable-objects/coordinator/coordinator.ts";
import type { Json } from "../../engine/json.ts";
import { isTerminal } from "../../engine/run/transition.ts";
import type { ActionCall, ActionResult, StampedEvent } from "../../engine/run/types.ts";
import type { Played, Scenario } from "../conformance/host.ts";
import { play } from "../conformance/play.ts";
import { Script } from "../conformance/script.ts";
import { CellStage } from "./cell-stage.ts";
import { calledVersion, startCommand } from "./conformance-start.ts";

export { Feed } from "../../durable-objects/feed/feed.ts";
export { Services } from "../../durable-objects/services/services.ts";
export { Tenant } from "../../durable-objects/tenant/tenant.ts";

const LONGEST_RUN_MS = 60_000;

/** The scripts of the runs in flight by execution, and by the names of what they call: the plugin below runs in this same isolate. */
const scripts = new Map<string, Script>();

/** The product's coordinator, whose stored log the test may read. */
export class ReadableCoordinator extends Coordinator {
  async events(executionId: string): Promise<StampedEvent[]> {
    return [...new CellStorage(this.ctx.storage).log(executionId)];
  }
}

/** The only plugin of these runs: it answers from the case. */
export class ScriptPlugin extends WorkerEntrypoint implements HttpPluginRpc, TaskFinisherRpc {
  async invoke(call: ActionCall, { executionId, workflowName, workflowVersion }: CallContext): Promise<ActionResult> {
    const script = scripts.get(executionId) ?? scripts.get(workflowVersion) ?? scripts.get(workflowName);
    if (script === undefined) throw new Error(`no script for ${executionId} of ${workflowName}`);
    return script.answer(call);
  }

  /** Each call brings its action here. */
  async invokeKnown(): Promise<null> {
    return null;
  }

  async finish(_call: ActionCall, { executionId }: CallContext, envelope: Json): Promise<ActionResult> {
    const script = scripts.get(executionId);
    if (script === undefined) throw new Error(`no script for ${executionId}`);
    return script.finish(envelope);
  }

  async maskSaid(_call: ActionCall, _context: CallContext, text: string): Promise<string> {
    return text;
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
    const names = [executionId, calledVersion(executionId), scenario.source.definition.name];
    for (const name of names) scripts.set(name, script);
    const cell = this.env.COORDINATOR.getByName("global/ten_conformance/test/s0");
    const answer = await cell.start(startCommand(scenario, executionId));
    if (answer.kind !== "accepted") throw new Error(`the run was not accepted: ${answer.kind}`);
    const witnessed = await play(scenario.happenings, new CellStage((question) => question(cell), executionId), script);
    const record = await cell.get(executionId, { waitMs: LONGEST_RUN_MS });
    for (const name of names) scripts.delete(name);
    if (!record || !isTerminal(record.status))
      return new Response(`the run is not over: ${record?.status}`, { status: 500 });
    const events = await cell.events(executionId);
    const played: Played = { events, record, calls: script.calls, inFlight: script.inFlight, ...witnessed };
    return Response.json(played);
  }
}
