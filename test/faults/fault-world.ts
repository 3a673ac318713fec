import { createHash } from "node:crypto";
import { expect } from "vitest";
import type { ExecutionEvent } from "../../contracts/execution-event.ts";
import type { ExecutionRecord } from "../../contracts/execution.ts";
import type { CountingService } from "./counting-service.ts";

export interface Owner {
  tenantId: string;
  apiKey: string;
}

interface Begun {
  owner: Owner;
  workflow: string;
  /** Where the kill was before which it was begun. */
  fault: string;
  /** How it must end. */
  status: string;
  /** Step runs that it must be charged; what it is charged at most, when it is cancelled on its way. */
  runs: number;
}

interface Answer {
  status: number;
  // biome-ignore lint/suspicious/noExplicitAny: what tests look into
  body: any;
}

const PAUSE_MS = 15;
/** What is longer is remembered by its digest. */
const LONG = 50_000;
/** How long whatever must come may take, while nobody is killed. */
const LONGEST_MS = 180_000;
/** One request: on a slow machine a platform that has just come back answers all that asked meanwhile at once. */
const REQUEST_MS = 20_000;

export const pause = (ms = PAUSE_MS): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Where it is, and the folder with its secrets. */
export interface WhereItRuns {
  readonly url: string;
  readonly dataDir: string;
  /** For how long it has been there, when it is killed now and then. */
  readonly upMs?: number;
  /** What the sweeper does now and then; a kill may come between. */
  sweep(): Promise<void>;
}

/** Clients of a platform that is killed again and again: they repeat what was not answered, and keep what they were told. */
export class FaultWorld {
  readonly platform: WhereItRuns;
  readonly service: CountingService;
  readonly main: Owner;
  /** With room for one execution at a time. */
  readonly narrow: Owner;
  /** What has ended here is archived with the next sweep. */
  readonly short: Owner;
  /** Executions that are to be gone for good: whether somebody was told that they are. */
  readonly purged = new Map<string, boolean>();
  /** Where the next kill will be. */
  fault = "";
  readonly begun = new Map<string, Begun>();
  readonly #open = new Set<string>();
  readonly #shown = new Map<string, string>();
  readonly #salt = Math.random().toString(36).slice(2, 8);
  #names = 0;
  polls = 0;
  /** Steps that all executions of Budgeted may run together, so far. */
  #budget = 0;
  #raised: Promise<unknown> = Promise.resolve();

  constructor(platform: WhereItRuns, service: CountingService, main: Owner, narrow: Owner, short: Owner) {
    this.platform = platform;
    this.service = service;
    this.main = main;
    this.narrow = narrow;
    this.short = short;
  }

  /** A name that nothing else has. */
  name(prefix: string): string {
    this.#names += 1;
    return `${prefix}-${this.#salt}-${this.#names}`;
  }

  async send(
    method: string,
    path: string,
    body?: unknown,
    owner = this.main,
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    const yaml = typeof body === "string";
    const response = await fetch(this.platform.url + path, {
      method,
      headers: {
        authorization: `Bearer ${owner.apiKey}`,
        accept: "application/json",
        ...(body === undefined ? {} : { "content-type": yaml ? "application/yaml" : "application/json" }),
        ...headers,
      },
      body: body === undefined || yaml ? body : JSON.stringify(body),
      signal: AbortSignal.timeout(REQUEST_MS),
    });
    const text = await response.text();
    return { status: response.status, body: text === "" ? null : JSON.parse(text) };
  }

  /**
   * Whether it has been waited for long enough. Under kills a client may wait through many of them, each of which takes what it
   * was about to be answered: what counts is the time since the last.
   */
  #patience(): () => boolean {
    const began = Date.now();
    return () => {
      const waitedMs = Math.min(Date.now() - began, this.platform.upMs ?? Number.POSITIVE_INFINITY);
      this.longestMs = Math.max(this.longestMs, waitedMs);
      return waitedMs > LONGEST_MS;
    };
  }

  /** The longest that anything was waited for while nobody was killed. */
  longestMs = 0;

  /** Repeats until it is answered by something other than the platform's being away. */
  async insist(ask: () => Promise<Answer>): Promise<Answer> {
    const began = Date.now();
    const isOver = this.#patience();
    for (let tries = 1; ; tries += 1) {
      let said = "";
      const answer = await ask().catch((error: unknown) => {
        said = whyNotAnswered(error);
        return undefined;
      });
      const inFlight = answer?.status === 409 && String(answer.body?.message).includes("in flight");
      if (answer && answer.status < 500 && answer.status !== 429 && !inFlight) return answer;
      if (answer) said = `${answer.status} ${JSON.stringify(answer.body)}`;
      if (isOver()) throw new Error(`no answer in ${tries} tries and ${Date.now() - began} ms, at last ${said}`);
      await pause();
    }
  }

  async run(
    workflow: string,
    { inputs = {}, mode = "async", owner = this.main, status = "completed", runs = 0, twice = false } = {},
  ): Promise<string> {
    const key = this.name(workflow);
    const body = { workflow, inputs, execution_mode: mode };
    const start = () => this.send("POST", "/workflows/executions", body, owner, { "idempotency-key": key });
    const answers = await Promise.all((twice ? [start, start] : [start]).map((each) => this.insist(each)));
    const [id, other = id] = answers.map((answer) => {
      if (answer.status >= 300) throw new Error(`a start was answered ${JSON.stringify(answer)}`);
      return String(answer.body.execution_id);
    });
    if (id === undefined || id !== other) throw new Error(`one key, and executions ${id} and ${other}`);
    const slug = workflow.split("@")[0] ?? workflow;
    this.begun.set(id, { owner, workflow: slug, fault: this.fault, status, runs });
    this.#open.add(id);
    return id;
  }

  /** More for all executions of Budgeted. One raise after the other: one that a kill held up must not come after a higher one. */
  raise(by: number): Promise<Answer> {
    this.#budget += by;
    const put = () => this.send("PUT", "/budgets/workflow:budgeted", { max_steps: this.#budget, period: "total" });
    const raised = this.#raised.then(() => this.insist(put));
    this.#raised = raised.catch(() => undefined);
    return raised;
  }

  async act(id: string, verb: string, body: object = {}): Promise<void> {
    await this.tell(`/workflows/executions/${id}/${verb}`, body, this.#ownerOf(id));
  }

  /** A request that must be taken, repeated with its key until it is answered. */
  async tell(path: string, body: object, owner = this.main): Promise<void> {
    const key = this.name("act");
    const answer = await this.insist(() => this.send("POST", path, body, owner, { "idempotency-key": key }));
    if (answer.status >= 300) throw new Error(`${path} was answered ${answer.status} ${JSON.stringify(answer.body)}`);
  }

  async record(id: string, waitSeconds = 0): Promise<ExecutionRecord> {
    const path = `/workflows/executions/${id}${waitSeconds > 0 ? `?wait=${waitSeconds}` : ""}`;
    const answer = await this.insist(() => this.send("GET", path, undefined, this.#ownerOf(id)));
    if (answer.status !== 200) throw new Error(`${id} was accepted and is answered ${answer.status}`);
    const record: ExecutionRecord = answer.body;
    this.#remember(record);
    return record;
  }

  async until(id: string, ...statuses: string[]): Promise<ExecutionRecord> {
    const isOver = this.#patience();
    for (;;) {
      const record = await this.record(id);
      if (statuses.includes(record.status)) return record;
      if (record.finished_at !== null || isOver())
        throw new Error(`${id} is ${record.status} and not ${statuses.join(", ")}: ${JSON.stringify(record.error)}`);
      await pause();
    }
  }

  /** What is over is archived, as far as nobody is killed: the first sweep brings the sink its rows, the next archives. */
  async putAway(): Promise<void> {
    for (let sweeps = 0; sweeps < 3; sweeps += 1) {
      await this.platform.sweep();
      await pause(100);
    }
  }

  /** Audits an execution that has ended, and purges it. Who does not insist asks once, whatever comes of it. */
  async purge(id: string, insists: boolean): Promise<void> {
    this.wrong.push(...(await this.#judge(id)));
    this.#open.delete(id);
    this.begun.delete(id);
    this.purged.set(id, false);
    const ask = () => this.send("DELETE", `/workflows/executions/${id}`, undefined, this.short);
    const answer = insists ? await this.insist(ask) : await ask().catch(() => undefined);
    if (answer?.status === 200) this.purged.set(id, true);
    else if (insists) this.wrong.push(`the purge of ${id} was answered ${answer?.status}`);
  }

  #ownerOf(id: string): Owner {
    return this.begun.get(id)?.owner ?? this.main;
  }

  /** What somebody was shown of a step, or of the end, must still stand later. */
  #remember({ execution_id: id, run_attempt: attempt, status, finished_at: end, steps }: ExecutionRecord): void {
    const facts = steps.filter((step) => step.status === "completed").map(({ path, output }) => [path, output]);
    for (const [name, value] of [...facts, ...(end === null ? [] : [["its end", [status, end]]])]) {
      const key = `${id} ${attempt} ${String(name)}`;
      const said = JSON.stringify(value);
      const text = said.length < LONG ? said : createHash("sha256").update(said).digest("hex");
      const before = this.#shown.get(key);
      if (before !== undefined && before !== text) this.wrong.push(`${key} was shown as ${before} and is ${text}`);
      this.#shown.set(key, text);
    }
  }

  readonly wrong: string[] = [];

  /** Looks at open executions all the time, whatever is killed. */
  watch(): () => Promise<void> {
    let over = false;
    const watching = (async () => {
      while (!over) {
        const ids = [...this.#open];
        const id = ids[Math.floor(Math.random() * ids.length)];
        const path = `/workflows/executions/${id}`;
        const answer =
          id === undefined
            ? undefined
            : await this.send("GET", path, undefined, this.#ownerOf(id)).catch(() => undefined);
        if (answer?.status === 200) {
          this.polls += 1;
          this.#remember(answer.body);
        } else if (answer?.status === 404)
          this.wrong.push(`${id} was accepted, and a reader was told that there is no such execution`);
        await pause(50);
      }
    })();
    return () => {
      over = true;
      return watching;
    };
  }

  /** Waits until what was begun has ended, and audits it; answers what is wrong. */
  async settle(): Promise<string[]> {
    const left = [...this.#open];
    const wrong: string[] = [];
    const auditors = Array.from({ length: 8 }, async () => {
      for (let id = left.shift(); id !== undefined; id = left.shift()) wrong.push(...(await this.#judge(id)));
    });
    await Promise.all(auditors);
    return [...this.wrong.splice(0), ...wrong];
  }

  async #judge(id: string): Promise<string[]> {
    const begun = this.begun.get(id);
    if (!begun) return [];
    try {
      await this.#end(id);
      await this.#audit(id, begun);
      return [];
    } catch (error) {
      const said = error instanceof Error ? error.message : String(error);
      return [`${begun.fault}: ${begun.workflow} ${id}: ${said}`];
    } finally {
      this.#open.delete(id);
    }
  }

  async #end(id: string): Promise<void> {
    const isOver = this.#patience();
    while ((await this.record(id, 5)).finished_at === null)
      if (isOver()) throw new Error(`is ${(await this.record(id)).status} for ever`);
  }

  async #audit(id: string, { owner, status, runs }: Begun): Promise<void> {
    const record = await this.record(id);
    expect(record.status, JSON.stringify(record.error)).toBe(status);
    if (status === "canceled") expect(record.usage.step_runs).toBeLessThanOrEqual(runs);
    else expect(record.usage.step_runs, "usage is exact").toBe(runs);
    const paths = record.steps.map(({ path }) => path);
    expect(new Set(paths).size, "each step is recorded once").toBe(paths.length);
    await this.#auditLog(id, owner);
    const calls = this.service.calls.filter(({ execution }) => execution === id);
    const answered = new Map<string, string>();
    for (const { key, nonce, attempt, input } of calls) {
      answered.set(nonce, key);
      const twins = calls.filter((call) => call.key === key && call.attempt === attempt);
      for (const twin of twins) expect(twin.input, "the same call again is the same").toEqual(input);
    }
    // A block gives what its last step gave.
    const nonces = record.steps.flatMap(({ type, output }) =>
      type === "action" && isNonce(output) ? [output.nonce] : [],
    );
    const keys = nonces.map((nonce) => answered.get(nonce));
    expect(keys, "what is recorded was answered by the service").not.toContain(undefined);
    expect(new Set(keys).size, "a key for each recorded step").toBe(nonces.length);
    if (status === "completed") {
      const pending = record.steps.filter(({ type, output }) => type === "action" && !isNonce(output)).length;
      expect(new Set(calls.map(({ key }) => key)).size, "no call without a step").toBeLessThanOrEqual(
        nonces.length + pending,
      );
      for (const { input } of calls) {
        const after = String(input.after ?? "");
        if (after.includes("-") && !after.startsWith("word"))
          expect([...this.#nonces(id)], "what a call was given").toContain(after);
      }
    }
  }

  /** Results that were recorded of an execution, and of those that it started. */
  #nonces(id: string): Set<string> {
    const found = new Set<string>();
    for (const [key, text] of this.#shown)
      if (key.startsWith(id) && text.includes("nonce")) found.add(JSON.parse(text).nonce);
    // A child's last result is its parent's input.
    for (const { nonce, execution } of this.service.calls) if (!this.begun.has(execution)) found.add(nonce);
    return found;
  }

  async #auditLog(id: string, owner: Owner): Promise<void> {
    const path = `/workflows/executions/${id}/events`;
    const { status, body } = await this.insist(() => this.send("GET", path, undefined, owner));
    expect(status).toBe(200);
    const events: ExecutionEvent[] = body.data;
    expect(
      events.map((event) => event.id),
      "the log has no gap",
    ).toEqual(events.map((_, index) => index + 1));
    const ends = events
      .filter(({ type }) => /^step\.(completed|skipped|canceled)$/.test(type))
      .map((event) => event.step_path);
    expect(new Set(ends).size, "each step ends once").toBe(ends.length);
    const finished = events.filter(({ type }) => /^workflow\.(completed|canceled|timed_out)$/.test(type));
    expect(finished.length, "one end").toBeLessThanOrEqual(1);
  }
}

/** A fetch says only that it failed; why is in its cause. */
function whyNotAnswered(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? String(error) : `${error}, because of ${whyNotAnswered(error.cause)}`;
}

function isNonce(output: unknown): output is { nonce: string } {
  return typeof output === "object" && output !== null && "nonce" in output;
}
