import { WorkerEntrypoint } from "cloudflare:workers";
import type { HttpPluginRpc } from "../../contracts/http-plugin-rpc.ts";
import type { CallContext, CoordinatorRpc, TaskFinisherRpc } from "../../contracts/rpc.ts";
import { CellStorage } from "../../durable-objects/coordinator/cell-storage.ts";
import { Coordinator, type CoordinatorEnv } from "../../durable-objects/coordinator/coordinator.ts";
import { attemptName } from "../../engine/run/attempt-name.ts";
import type { Json } from "../../engine/json.ts";
import { isTerminal } from "../../engine/run/transition.ts";
import type { ActionCall, ActionResult, StampedEvent } from "../../engine/run/types.ts";
import type { Played, Scenario } from "../conformance/host.ts";
import { play } from "../conformance/play.ts";
import { Script } from "../conformance/script.ts";
import { type Aborting, abortAfterCommits } from "./abort-after-commits.ts";
import { CellStage } from "./cell-stage.ts";
import { calledVersion, startCommand } from "./conformance-start.ts";

export { Feed } from "../../durable-objects/feed/feed.ts";
export { Services } from "../../durable-objects/services/services.ts";
export { Tenant } from "../../durable-objects/tenant/tenant.ts";

const LONGEST_RUN_MS = 60_000;
const POLL_MS = 1;
const MOST_IN_A_ROW = 16;
const SELDOM = 25;
const CELL = "global/ten_conformance/test/s";

/**
 * What a service was asked in one run, and answered. It is a service that knows keys: the request of the run asks the script, once for each
 * attempt; calls, which die with the object that made them, come again and take what there is.
 */
class Desk {
  readonly script: Script;
  readonly #asked: ActionCall[] = [];
  readonly #names = new Set<string>();
  readonly #answers = new Map<string, ActionResult>();
  #unrepeatable = 0;
  #commits = 0;
  over = false;

  constructor({ answers }: Scenario) {
    this.script = new Script(answers, (ms) => scheduler.wait(ms));
  }

  /** Nothing is under way that may not be asked twice. A run of hundreds of commits loses its object only now and then behind the first. */
  get mayBeLost(): boolean {
    this.#commits += 1;
    return this.#unrepeatable === 0 && (this.#commits < MOST_IN_A_ROW || this.#commits % SELDOM === 0);
  }

  async answer(call: ActionCall): Promise<ActionResult> {
    const name = attemptName(call.idempotencyKey, call.attempt);
    if (!this.#names.has(name)) this.#asked.push(call);
    this.#names.add(name);
    if (!call.action.idempotent) this.#unrepeatable += 1;
    try {
      for (;;) {
        const answer = this.#answers.get(name);
        if (answer) return answer;
        await scheduler.wait(POLL_MS);
      }
    } finally {
      if (!call.action.idempotent) this.#unrepeatable -= 1;
    }
  }

  /** In the request of the run, which outlives every object. */
  async serve(): Promise<void> {
    while (!this.over) {
      for (const call of this.#asked.splice(0)) void this.#serveOne(call);
      await scheduler.wait(POLL_MS);
    }
  }

  async #serveOne(call: ActionCall): Promise<void> {
    const result = await this.script.answer(call);
    this.#answers.set(attemptName(call.idempotencyKey, call.attempt), result);
  }
}

/** By execution, by the names of what they call, and by their cell: plugin, objects and requests share this isolate. */
const desks = new Map<string, Desk>();
const aborting: Aborting = { may: (name) => desks.get(name)?.mayBeLost ?? false, count: 0 };

/** The product's coordinator, put out of memory after every commit. */
export class ReadableCoordinator extends Coordinator {
  constructor(ctx: DurableObjectState, env: CoordinatorEnv) {
    abortAfterCommits(ctx, aborting);
    super(ctx, env);
  }

  async events(executionId: string): Promise<StampedEvent[]> {
    return [...new CellStorage(this.ctx.storage).log(executionId)];
  }
}

export class ScriptPlugin extends WorkerEntrypoint implements HttpPluginRpc, TaskFinisherRpc {
  async invoke(call: ActionCall, { executionId, workflowName, workflowVersion }: CallContext): Promise<ActionResult> {
    const desk = desks.get(executionId) ?? desks.get(workflowVersion) ?? desks.get(workflowName);
    if (desk === undefined) throw new Error(`no script for ${executionId} of ${workflowName}`);
    return desk.answer(call);
  }

  /** Each call brings its action here. */
  async invokeKnown(): Promise<null> {
    return null;
  }

  async finish(_call: ActionCall, { executionId }: CallContext, envelope: Json): Promise<ActionResult> {
    const desk = desks.get(executionId);
    if (desk === undefined) throw new Error(`no script for ${executionId}`);
    return desk.script.finish(envelope);
  }

  async maskSaid(_call: ActionCall, _context: CallContext, text: string): Promise<string> {
    return text;
  }
}

type Cell = CoordinatorRpc & Pick<ReadableCoordinator, "events">;

interface Env {
  COORDINATOR: { getByName(name: string): Cell };
}

/** POST a scenario; the answer is what its run left behind. GET: how often an object was put out of memory so far. */
export default class Conformance extends WorkerEntrypoint<Env> {
  override async fetch(request: Request): Promise<Response> {
    if (request.method === "GET") return Response.json(aborting.count);
    const { scenario, executionId } = await request.json<{ scenario: Scenario; executionId: string }>();
    const desk = new Desk(scenario);
    const cell = CELL + executionId;
    const names = [executionId, calledVersion(executionId), scenario.source.definition.name, cell];
    for (const name of names) desks.set(name, desk);
    const serving = desk.serve();
    try {
      return await this.#run(desk, { scenario, executionId }, cell);
    } finally {
      desk.over = true;
      for (const name of names) desks.delete(name);
      await serving;
    }
  }

  async #run(desk: Desk, { scenario, executionId }: { scenario: Scenario; executionId: string }, name: string) {
    const until = Date.now() + LONGEST_RUN_MS;
    // A caller's: what broke off is asked again, of a new stub.
    const ask = async <T>(question: (cell: Cell) => Promise<T>): Promise<T> => {
      for (;;) {
        try {
          return await question(this.env.COORDINATOR.getByName(name));
        } catch (error) {
          if (!String(error).includes("put out of memory") || Date.now() > until) throw error;
        }
      }
    };
    const start = { ...startCommand(scenario, executionId), idempotency: { key: "once", bodyHash: "same" } };
    const answer = await ask((cell) => cell.start(start));
    if (answer.kind !== "accepted") throw new Error(`the run was not accepted: ${answer.kind}`);
    const witnessed = await play(scenario.happenings, new CellStage(ask, executionId), desk.script);
    let record = await ask((cell) => cell.get(executionId, { waitMs: LONGEST_RUN_MS }));
    while (record && !isTerminal(record.status) && Date.now() < until)
      record = await ask((cell) => cell.get(executionId, { waitMs: LONGEST_RUN_MS }));
    if (!record || !isTerminal(record.status))
      return new Response(`the run is not over: ${record?.status}`, { status: 500 });
    const events = await ask((cell) => cell.events(executionId));
    const { calls, inFlight } = desk.script;
    const played: Played = { events, record, calls, inFlight, ...witnessed };
    return Response.json(played);
  }
}
