import type { Cell } from "../../durable-objects/coordinator/cell.ts";
import type { CachedOutput, CacheMaker } from "../../contracts/cached-output.ts";
import type { StartCommand } from "../../contracts/rpc.ts";
import type { ExecutionRecord } from "../../contracts/execution.ts";
import type { Json } from "../../engine/json.ts";
import { attemptName } from "../../engine/run/attempt-name.ts";
import { isTerminal } from "../../engine/run/transition.ts";
import type { ActionCall, ActionResult } from "../../engine/run/types.ts";
import { SimulatedObject, START } from "../simulation/simulated-object.ts";
import type { ConformanceHost, Played, Scenario } from "./host.ts";
import { platformCalls } from "./platform-calls.ts";
import { play, type Stage } from "./play.ts";
import { Script } from "./script.ts";

const ID = "exec_conformance";

export interface EvictedHost extends ConformanceHost {
  /** How often a cell was put out of its memory, over all that was run. */
  readonly evictions: number;
}

/**
 * The coordinator's cell over simulated storage in virtual time, put out of its memory after every commit: whatever happens next
 * meets an object that knows what is on the disk. Calls that were under way are sent again, and get the answer that their
 * idempotency key got. One that must not be sent again keeps the object in memory, as the platform does while it is called.
 */
export function evictedHost(): EvictedHost {
  const total = { evictions: 0 };
  return {
    now: () => START,
    run: (scenario) => run(scenario, total),
    get evictions() {
      return total.evictions;
    },
  };
}

async function run(scenario: Scenario, total: { evictions: number }): Promise<Played> {
  const reports: string[] = [];
  const service = new KeyedService(scenario, (ms) => wait(ms), await platformCalls());
  const object = new SimulatedObject({
    kill: () => false,
    evicts: () => service.mayBeLost,
    plugin: (call) => service.answer(call, object.clock.now()),
    finish: (_, envelope) => service.script.finish(envelope),
    maskSaid: (_, text) => text,
    hint: () => undefined,
    report: (message, error) => reports.push(`${message}: ${String(error)}`),
  });
  const wait = (ms: number) => new Promise<void>((resolve) => void object.clock.at(object.clock.now() + ms, resolve));
  const insist = async <T>(question: (cell: Cell) => Promise<T>): Promise<T> => {
    for (;;) {
      const answer = await object.ask(async (cell) => ({ value: await question(cell) }));
      if (answer) return answer.value;
      await wait(0);
    }
  };
  const record = async (): Promise<ExecutionRecord> => {
    const found = await insist((cell) => cell.get(ID));
    if (!found) throw new Error("the cell lost the execution");
    return found;
  };
  const stage: Stage = {
    now: () => object.clock.now(),
    wait,
    record,
    async act(command) {
      const answer = await insist((cell) => cell.act(ID, command));
      return answer === null ? "NOT_FOUND" : answer.ok ? undefined : answer.code;
    },
    async tell({ path, attempt, report }) {
      const answer = await insist((cell) => cell.reportTask(ID, { path, runAttempt: 1, attempt }, report));
      return answer?.kind === "taken" ? undefined : answer?.kind === "over" ? "CONFLICT" : String(answer?.kind);
    },
  };
  const started = insist((cell) => cell.start(startCommand(scenario)));
  const story = started.then(() => play(scenario.happenings, stage, service.script));
  let witnessed: Awaited<typeof story> | undefined;
  let broken: unknown;
  story.then(
    (seen) => {
      witnessed = seen;
    },
    (error: unknown) => {
      broken = error;
    },
  );
  for (;;) {
    const more = await object.step();
    if (broken !== undefined) throw broken;
    const row = object.storage.execution(ID);
    if (witnessed && row && row.finishedAt !== null) break;
    if (!more) throw new Error(`the run is not over, and nothing more is due: ${reports.join("; ")}`);
  }
  total.evictions += object.evictions;
  const last = await ended(object, record);
  const { calls, inFlight } = service.script;
  return { events: [...object.storage.log(ID)], record: last, calls, inFlight, ...witnessed };
}

async function ended(object: SimulatedObject, record: () => Promise<ExecutionRecord>): Promise<ExecutionRecord> {
  let last: ExecutionRecord | undefined;
  const asked = record().then((found) => {
    last = found;
  });
  while (!last) await object.step();
  await asked;
  if (!isTerminal(last.status))
    throw new Error(`its row says that it has ended, and its log that it is ${last.status}`);
  return last;
}

/** A service that knows keys: what is asked again is answered as it was, when it would have been. */
class KeyedService {
  readonly script: Script;
  readonly #platform: (call: ActionCall) => ActionResult | undefined;
  readonly #cache = new Map<string, { output: Json; made?: CacheMaker; expiresAt: number }>();
  readonly #given = new Map<string, Promise<ActionResult>>();
  readonly #wait: (ms: number) => Promise<void>;
  #unrepeatable = 0;
  #now = START;

  constructor(
    { answers }: Scenario,
    wait: (ms: number) => Promise<void>,
    platform: (call: ActionCall) => ActionResult | undefined,
  ) {
    this.script = new Script(answers, wait);
    this.#wait = wait;
    this.#platform = platform;
  }

  /** Nothing is under way that may not be asked twice. */
  get mayBeLost(): boolean {
    return this.#unrepeatable === 0;
  }

  /** As `cachedCalls`, whose hashes take real time. */
  async answer(call: ActionCall, now: number): Promise<ActionResult> {
    this.#now = now;
    const { cache } = call;
    if (!cache) return this.#once(call);
    const by = attemptName(call.idempotencyKey, call.attempt);
    const hit = this.#hit(cache.key, by);
    if (hit) return { ok: true, output: hit.output, ...(hit.own ?? { cached: true }) };
    const result = await this.#once(call);
    if (result.ok) {
      const { output, usage } = result;
      this.#cache.set(cache.key, { output, made: { by, usage }, expiresAt: this.#now + cache.ttlMs });
    }
    return result;
  }

  #once(call: ActionCall): Promise<ActionResult> {
    const name = attemptName(call.idempotencyKey, call.attempt);
    const given = this.#given.get(name) ?? this.#ask(call);
    this.#given.set(name, given);
    return given;
  }

  /** No answer comes in the turn of its question: between the two the object is evicted. */
  async #ask(call: ActionCall): Promise<ActionResult> {
    const answering = this.#platform(call) ?? this.script.answer(call);
    if (!call.action.idempotent) this.#unrepeatable += 1;
    const answer = await answering;
    await this.#wait(0);
    if (call.action.idempotent) return answer;
    // Until what it leads to is on the disk.
    setImmediate(() => {
      this.#unrepeatable -= 1;
    });
    return answer;
  }

  #hit(key: string, by?: string): CachedOutput | null {
    const found = this.#cache.get(key);
    if (!found || found.expiresAt <= this.#now) return null;
    const { output, made } = found;
    return made && made.by === by ? { output, own: { usage: made.usage } } : { output };
  }
}

function startCommand({ source, inputs, env, start }: Scenario): StartCommand {
  const { roles = [], permissions = [], actor = "key_conformance", budget, concurrency, start_after_ms: delay } = start;
  return {
    executionId: ID,
    tenantId: "ten_conformance",
    environment: "test",
    planDigest: "plan",
    plan: source,
    inputs,
    env,
    mode: "async",
    actor,
    principal: { roles, permissions },
    budget,
    concurrency,
    maxSteps: start.max_steps,
    startAt: delay === undefined ? undefined : START + delay,
    idempotency: { key: "once", bodyHash: "same" },
  };
}
