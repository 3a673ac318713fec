import { describe, expect, test } from "vitest";
import type { ExecutionRecord } from "../../contracts/execution.ts";
import type { Cell } from "../../durable-objects/coordinator/cell.ts";
import { readWorkflows } from "../../engine/definition/read-workflows.ts";
import type { RunCommand } from "../../engine/run/types.ts";
import { sourceOf } from "../conformance/pins.ts";
import { SimulatedObject } from "./simulated-object.ts";

/*
 * The clock of the object is set by an hour, forward or back, behind one commit after the other: while a step is called, between two
 * tries, during a wait, while it sleeps on the disk, and at a boot. What the platform counts by itself (its timers, its alarm) goes on.
 */

const ID = "exec_stepped";
const USAGE = { compute_ms: 1, egress_bytes: 0 };
const HOUR_MS = 3_600_000;
const PAUSE_MS = 6_000;
const RETRY_MS = 7_000;
const TASK_MS = 20_000;
/** Nobody but a nap of the timers, or an alarm, finds what a step of the clock has made due. */
const LATE_MS = 65_000;

const FILE = JSON.stringify({
  name: "Stepped",
  steps: [
    { id: "first", plugin: "script", action: "run" },
    { id: "pause", type: "wait", duration: `${PAUSE_MS}ms` },
    { id: "short", type: "wait", duration: "300ms" },
    {
      id: "again",
      plugin: "script",
      action: "run",
      retry: { max_attempts: 3, backoff: "fixed", initial_delay_ms: RETRY_MS, jitter: false },
    },
    { id: "heard", type: "wait", until: { event: "go" }, timeout: "3h" },
    { id: "each", plugin: "script", action: "run", for_each: [1, 2, 3], parallel: true },
    { id: "later", plugin: "script", action: "run", timeout: "3h" },
    { id: "last", plugin: "script", action: "run" },
  ],
  outputs: { paused: "{{ steps.pause.status }}" },
});
/** Calls of an undisturbed run, in the order of their steps. */
const CALLS = ["first#1", "again#1", "again#2", "again#3", "each[0]#1", "each[1]#1", "each[2]#1", "later#1", "last#1"];

interface Step {
  /** Behind which commit. */
  at: number;
  byMs: number;
  /** It dies with the step, and comes back under the other clock. */
  dies: boolean;
}

class SteppedRun {
  readonly object: SimulatedObject;
  /** By call, when it was first made, by a clock that nobody sets; and how often it was made. */
  readonly calls = new Map<string, { at: number; times: number }>();
  readonly reports: string[] = [];
  commits = 0;
  #finished = false;

  constructor(step: Step | undefined) {
    this.object = new SimulatedObject({
      kill: (point) => {
        if (point !== "after commit") return false;
        this.commits += 1;
        if (this.commits !== step?.at) return false;
        this.object.skewMs += step.byMs;
        return step.dies;
      },
      plugin: (call) => {
        const name = `${call.path}#${call.attempt}`;
        const { at, times } = this.calls.get(name) ?? { at: this.object.clock.now(), times: 0 };
        this.calls.set(name, { at, times: times + 1 });
        if (call.path === "again" && call.attempt < 3)
          return {
            result: { ok: false, error: { code: "UNAVAILABLE", message: "not yet" }, usage: USAGE },
            afterMs: 5,
          };
        if (call.path === "later") {
          const error = { code: "UNAVAILABLE" as const, message: "It is finished later" };
          return { result: { ok: false, permanent: true, error, pending: {}, usage: USAGE }, afterMs: 5 };
        }
        return { result: { ok: true, output: { path: call.path }, usage: USAGE }, afterMs: 5 };
      },
      finish: (_, envelope) => ({ ok: true, output: envelope, usage: USAGE }),
      hint: () => undefined,
      report: (message, error) => this.reports.push(`${message}: ${String(error)}`),
    });
  }

  async #insist<T>(question: (cell: Cell) => Promise<T>): Promise<T> {
    for (;;) {
      const answer = await this.object.ask(async (cell) => ({ value: await question(cell) }));
      if (answer) return answer.value;
      await this.#pause(10);
    }
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => void this.object.clock.at(this.object.clock.now() + ms, resolve));
  }

  async record(): Promise<ExecutionRecord> {
    const record = await this.#insist((cell) => cell.get(ID));
    if (!record) throw new Error("the cell lost the execution");
    return record;
  }

  /** Starts it, and gives it what it waits for once it does: nobody looks more often than once in ten seconds. */
  async #live(): Promise<ExecutionRecord> {
    const [workflow] = readWorkflows(FILE, "json").workflows;
    if (!workflow) throw new Error("the workflow cannot be read");
    const { definition } = workflow;
    await this.#insist((cell) =>
      cell.start({
        executionId: ID,
        tenantId: "ten_test",
        environment: "test",
        planDigest: "stepped",
        plan: sourceOf(definition, []),
        inputs: {},
        mode: "async",
        actor: "key_test",
        idempotency: { key: "once", bodyHash: "same" },
      }),
    );
    const go: RunCommand = { type: "signal", name: "go", payload: null, id: "evt_go" };
    for (;;) {
      const record = await this.record();
      if (record.finished_at !== null) return record;
      const status = (path: string) => record.steps.find((step) => step.path === path)?.status;
      if (status("heard") === "waiting") await this.#insist((cell) => cell.act(ID, go));
      if (status("later") === "running" && this.calls.has("later#1")) {
        const envelope = { status: "success", data: { late: true } };
        const task = { path: "later", runAttempt: 1, attempt: 1 };
        await this.#insist((cell) => cell.reportTask(ID, task, { kind: "finish", envelope }));
      }
      await this.#pause(10_000);
    }
  }

  async play(): Promise<ExecutionRecord> {
    const living = this.#live().finally(() => {
      this.#finished = true;
    });
    living.catch(() => undefined);
    const until = this.object.clock.now() + 4 * HOUR_MS;
    while (!this.#finished && this.object.clock.now() < until) await this.object.step();
    if (!this.#finished) throw new Error(`it never ended: ${this.reports.join("; ")}`);
    return living;
  }

  gap(from: string, to: string): number {
    return (this.calls.get(to)?.at ?? Number.NaN) - (this.calls.get(from)?.at ?? Number.NaN);
  }
}

/** A service had an hour for its task by the clock, which is more than it may take: that ends the run, by name. */
function byClock({ status, error }: ExecutionRecord): boolean {
  return status === "failed" && error?.code === "TIMEOUT" && error.details?.reason === "task";
}

function pathsOf(calls: readonly string[]): string[] {
  return [...new Set(calls.map((call) => call.split("#")[0] ?? ""))];
}

async function judged(step: Step | undefined): Promise<SteppedRun> {
  const run = new SteppedRun(step);
  const began = run.object.clock.now();
  const record = await run.play();
  if (byClock(record) && (step?.byMs ?? 0) > 0) return run;
  expect(record.status, JSON.stringify(record.error)).toBe("completed");
  const made = [...run.calls.keys()];
  const forward = (step?.byMs ?? 0) > 0;
  if (!forward) expect(made, "every call, once, in order").toEqual(CALLS);
  // A call that was under way has had an hour by the clock: its time is over, and the next try is another attempt.
  else expect(pathsOf(made), "every step, in order").toEqual(pathsOf(CALLS));
  expect(made.length - CALLS.length, "calls whose time was over").toBeLessThanOrEqual(forward ? 3 : 0);
  for (const [name, { times }] of run.calls) expect(times, name).toBeLessThanOrEqual(step?.dies ? 2 : 1);
  // What nobody answered in time reached its plugin all the same.
  expect(record.usage.step_runs, "usage is exact").toBe(made.length);
  const log = [...run.object.storage.log(ID)];
  expect(log.map(({ seq }) => seq)).toEqual(log.map((_, index) => index + 1));
  for (const [index, event] of log.entries())
    expect(event.at, "time in a log").toBeGreaterThanOrEqual(log[index - 1]?.at ?? 0);
  const ends = log.filter(({ type }) => type === "step.completed").map((event) => "path" in event && event.path);
  expect(new Set(ends).size, "each step ends once").toBe(ends.length);
  expect(Date.parse(record.finished_at ?? "")).toBeGreaterThanOrEqual(Date.parse(record.started_at ?? ""));
  for (const { started_at: from, finished_at: to, path } of record.steps)
    expect(Date.parse(to ?? ""), path).toBeGreaterThanOrEqual(Date.parse(from ?? ""));
  if (!forward) {
    expect(run.gap("first#1", "again#1")).toBeGreaterThanOrEqual(PAUSE_MS);
    expect(run.gap("again#1", "again#2")).toBeGreaterThanOrEqual(RETRY_MS);
    expect(run.gap("again#2", "again#3")).toBeGreaterThanOrEqual(RETRY_MS);
  }
  const plain = PAUSE_MS + 2 * RETRY_MS + TASK_MS + 30_000;
  const longest = plain + LATE_MS * 3 + (forward ? 0 : Math.abs(step?.byMs ?? 0));
  expect(run.object.clock.now() - began, "nothing is late by more than the clock was set back").toBeLessThan(longest);
  expect(run.reports).toEqual([]);
  return run;
}

test("undisturbed it makes its calls at their times", async () => {
  await judged(undefined);
});

describe.each([HOUR_MS, -HOUR_MS])("a clock that is set by %i ms", (byMs) => {
  test.each([false, true])(
    "behind any commit loses nothing and does nothing twice (it dies with it: %s)",
    async (dies) => {
      const { commits } = await judged(undefined);
      expect(commits).toBeGreaterThan(12);
      let byTheClock = 0;
      for (let at = 1; at <= commits; at += 1) {
        const run = await judged({ at, byMs, dies }).catch((error: unknown) => {
          throw new Error(`behind commit ${at}: ${error instanceof Error ? error.message : String(error)}`);
        });
        if (!run.calls.has("last#1")) byTheClock += 1;
      }
      expect(byTheClock, "runs whose task was too late by the clock").toBeLessThanOrEqual(byMs > 0 ? 2 : 0);
    },
  );
});
