import { WorkerEntrypoint } from "cloudflare:workers";
import type { CallContext, CoordinatorRpc, PluginRpc, StartCommand } from "../../contracts/rpc.ts";
import type { ExecutionRecord } from "../../contracts/execution.ts";
import { CellStorage } from "../../durable-objects/coordinator/cell-storage.ts";
import { Coordinator } from "../../durable-objects/coordinator/coordinator.ts";
import type { PlanSource } from "../../engine/plan/types.ts";
import { isTerminal } from "../../engine/run/transition.ts";
import type { ActionCall, ActionResult, RunCommand, StampedEvent } from "../../engine/run/types.ts";
import type { Played, Scenario } from "../conformance/host.ts";
import { play, type Stage } from "../conformance/play.ts";
import { Script } from "../conformance/script.ts";

export { Feed } from "../../durable-objects/feed/feed.ts";
export { Tenant } from "../../durable-objects/tenant/tenant.ts";

const LONGEST_RUN_MS = 60_000;
const ACTOR = "key_conformance";

/** The scripts of the runs in flight by execution, and by the names of what they call: the plugin below runs in this same isolate. */
const scripts = new Map<string, Script>();

/** The product's coordinator, whose stored log the test may read. */
export class ReadableCoordinator extends Coordinator {
  async events(executionId: string): Promise<StampedEvent[]> {
    return [...new CellStorage(this.ctx.storage).log(executionId)];
  }
}

/** The only plugin of these runs: it answers from the case. */
export class ScriptPlugin extends WorkerEntrypoint implements PluginRpc {
  async invoke(call: ActionCall, { executionId, workflowName, workflowVersion }: CallContext): Promise<ActionResult> {
    const script = scripts.get(executionId) ?? scripts.get(workflowVersion) ?? scripts.get(workflowName);
    if (script === undefined) throw new Error(`no script for ${executionId} of ${workflowName}`);
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
    const names = [executionId, calledVersion(executionId), scenario.source.definition.name];
    for (const name of names) scripts.set(name, script);
    const cell = this.env.COORDINATOR.getByName("global/ten_conformance/test/s0");
    const answer = await cell.start(startCommand(scenario, executionId));
    if (answer.kind !== "accepted") throw new Error(`the run was not accepted: ${answer.kind}`);
    const witnessed = await play(scenario.happenings, new CellStage(cell, executionId));
    const record = await cell.get(executionId, { waitMs: LONGEST_RUN_MS });
    for (const name of names) scripts.delete(name);
    if (!record || !isTerminal(record.status))
      return new Response(`the run is not over: ${record?.status}`, { status: 500 });
    const events = await cell.events(executionId);
    const played: Played = { events, record, calls: script.calls, inFlight: script.inFlight, ...witnessed };
    return Response.json(played);
  }
}

/** One execution of the cell, as a case meddles with it. */
class CellStage implements Stage {
  readonly now = Date.now;
  readonly #cell: CoordinatorRpc;
  readonly #executionId: string;

  constructor(cell: CoordinatorRpc, executionId: string) {
    this.#cell = cell;
    this.#executionId = executionId;
  }

  wait(ms: number): Promise<unknown> {
    return scheduler.wait(ms);
  }

  async record(): Promise<ExecutionRecord> {
    const record = await this.#cell.get(this.#executionId);
    if (!record) throw new Error(`the cell lost ${this.#executionId}`);
    return record;
  }

  async act(command: RunCommand): Promise<string | undefined> {
    const answer = await this.#cell.act(this.#executionId, command);
    if (!answer) throw new Error(`the cell lost ${this.#executionId}`);
    return answer.ok ? undefined : answer.code;
  }
}

function startCommand({ source, inputs, env, start }: Scenario, executionId: string): StartCommand {
  const { roles = [], permissions = [], actor = ACTOR, budget, concurrency, start_after_ms: delay } = start;
  return {
    executionId,
    tenantId: "ten_conformance",
    environment: "test",
    planDigest: executionId,
    plan: withVersions(source, calledVersion(executionId)),
    inputs,
    env,
    mode: "async",
    actor,
    principal: { roles, permissions },
    budget,
    concurrency,
    maxSteps: start.max_steps,
    startAt: delay === undefined ? undefined : Date.now() + delay,
  };
}

/** Executions that steps start have ids that nobody foresees: their workflows' version says whose they are. */
function calledVersion(executionId: string): string {
  return `1.0.0-${executionId.replace("_", "-")}`;
}

function withVersions(source: PlanSource, version: string): PlanSource {
  if (!source.workflows) return source;
  const called = Object.entries(source.workflows).map(([key, one]) => {
    if (one === "self") return [key, one] as const;
    return [key, withVersions({ ...one, definition: { ...one.definition, version } }, version)] as const;
  });
  return { ...source, workflows: Object.fromEntries(called) };
}
