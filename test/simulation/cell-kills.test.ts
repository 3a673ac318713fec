import { expect, test } from "vitest";
import type { StartCommand } from "../../contracts/rpc.ts";
import { MemoryExecution } from "../../engine/driver/memory-host.ts";
import { VirtualClock } from "../../engine/driver/virtual-clock.ts";
import { fold } from "../../engine/run/apply.ts";
import { isTerminal } from "../../engine/run/transition.ts";
import type { RunState } from "../../engine/run/state.ts";
import type { ActionCall } from "../../engine/run/types.ts";
import { SimulatedObject, START } from "./simulated-object.ts";
import { pluginAnswer, SIMULATED, type Simulated } from "./simulated-workflows.ts";

const SCHEDULES = Number(process.env.SCHEDULES ?? 80);

/** What must be the same wherever and however often a run was interrupted. */
function outcome(state: RunState): unknown {
  const { status, outputs, error } = state;
  return { status, outputs, error: error && { code: error.code, message: error.message, step: error.details?.step } };
}

async function undisturbed(workflow: Simulated, executionId: string, seed: number) {
  const clock = new VirtualClock(START);
  const keys = new Set<string>();
  const execution = new MemoryExecution({
    plan: workflow.plan,
    identity: { executionId, runAttempt: 1 },
    inputs: { n: 20 },
    clock,
    callAction: (call) => {
      keys.add(`${call.idempotencyKey}#${call.attempt}`);
      const answer = pluginAnswer(call, { executionId }, seed);
      return new Promise((resolve) => {
        if (answer) clock.at(clock.now() + answer.afterMs, () => resolve(answer.result));
      });
    },
  });
  execution.deliver({ type: "start", inputs: { n: 20 } });
  while (!isTerminal(execution.state.status)) {
    await new Promise((resolve) => setImmediate(resolve));
    clock.fireNext();
  }
  return { outcome: outcome(execution.state), keys };
}

/** Chance that a seed always gives again (mulberry32). */
function chance(seed: number): () => number {
  let a = seed;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

interface Started {
  workflow: Simulated;
  executionId: string;
}

class Schedule {
  readonly object: SimulatedObject;
  readonly reports: unknown[] = [];
  readonly wrong: string[] = [];
  readonly sent = new Map<string, { times: number; input: string }>();
  readonly listed = new Map<string, { change: number; status: string }>();
  readonly seen = new Map<string, string>();
  readonly started: Started[] = [];
  readonly canceled = new Set<string>();
  /** The cell was killed before it could say. */
  readonly maybeCanceled = new Set<string>();
  readonly #random: () => number;
  readonly #seed: number;
  readonly #plans = new Map(SIMULATED.map(({ name, plan }) => [name, plan]));

  constructor(seed: number) {
    this.#seed = seed;
    this.#random = chance(seed);
    const often = 0.004 + this.#random() * 0.05;
    this.object = new SimulatedObject({
      kill: () => this.object.kills < 25 && this.#random() < often,
      plugin: (call, { executionId, workflowName }) => {
        this.#checkSent(call, executionId, workflowName);
        return pluginAnswer(call, { executionId }, this.#seed);
      },
      hint: () => void this.#drain(),
      report: (message, error) => this.reports.push(`${message} ${String(error)}`),
    });
  }

  /** A caller who repeats a start with its key until it is answered. */
  async start(workflow: Simulated, index: number): Promise<void> {
    const key = `${workflow.name}-${index}`;
    for (let attempt = 0; ; attempt++) {
      const command: StartCommand = {
        executionId: `exec_${key}_${attempt}`,
        tenantId: "ten_simulated",
        environment: "test",
        planDigest: workflow.name,
        plan: { definition: workflow.plan.definition, pins: workflow.plan.pins },
        inputs: { n: 20 },
        mode: "async",
        actor: "key_simulated",
        idempotency: { key, bodyHash: "same" },
        ...(index % 2 === 0 ? { waitMs: 1_000 } : {}),
      };
      const answer = await this.object.ask((cell) => cell.start(command));
      if (answer?.kind === "conflict" && answer.retryAfter !== undefined) continue;
      if (answer === undefined) continue;
      if (answer.kind !== "accepted" && answer.kind !== "finished") throw new Error(answer.kind);
      if (answer.kind === "finished") this.#see(answer.executionId, answer.record.status, answer.record.steps.length);
      this.started.push({ workflow, executionId: answer.executionId });
      return;
    }
  }

  /** Cancels a few, now and then while they end by themselves. Who was told that it is canceled never sees it otherwise. */
  async cancel(): Promise<void> {
    for (let cancels = 0; cancels < 3; cancels++) {
      await this.#pause(60);
      const picked = this.started[Math.floor(this.#random() * this.started.length)];
      const answer =
        picked &&
        (await this.object.ask((cell) =>
          cell.act(picked.executionId, { type: "cancel", reason: "why", actor: "key" }),
        ));
      if (picked && answer?.ok) this.canceled.add(picked.executionId);
      else if (picked && answer === undefined) this.maybeCanceled.add(picked.executionId);
    }
  }

  async #pause(atMost: number): Promise<void> {
    const { clock } = this.object;
    await new Promise<void>((resolve) => clock.at(clock.now() + Math.floor(this.#random() * atMost), resolve));
  }

  /** Reads at odd moments: what was once seen must never be taken back. */
  async read(): Promise<void> {
    for (let reads = 0; reads < 20; reads++) {
      await this.#pause(12);
      const picked = this.started[Math.floor(this.#random() * this.started.length)];
      if (!picked) continue;
      const record = await this.object.ask((cell) => cell.get(picked.executionId));
      if (record === undefined) continue;
      if (record === null) this.wrong.push(`${picked.executionId} was accepted and is gone`);
      else this.#see(picked.executionId, record.status, record.steps.filter(({ finished_at }) => finished_at).length);
    }
  }

  #see(executionId: string, status: string, settled: number): void {
    const state = this.#stored(executionId);
    const onDisk = state
      ? [...state.instances.values()].filter(({ finishedAt }) => finishedAt !== undefined).length
      : -1;
    if (state && isTerminal(state.status)) {
      if (state.status !== status) this.seen.set(executionId, this.seen.get(executionId) ?? "");
    } else if (status === "completed" || status === "failed" || settled > onDisk) {
      this.wrong.push(`${executionId}: a reader saw ${status} with ${settled} settled, on disk are ${onDisk}`);
    }
  }

  #stored(executionId: string): RunState | undefined {
    const { storage } = this.object;
    const row = storage.execution(executionId);
    const plan = row && this.#plans.get(row.plan);
    return plan && fold(plan, { executionId, runAttempt: 1 }, storage.log(executionId));
  }

  /** An attempt goes out only when it is on disk, and still wanted. */
  #checkSent(call: ActionCall, executionId: string, workflowName: string): void {
    const instance = this.#stored(executionId)?.open.get(call.path);
    const what = `${workflowName} ${call.path} attempt ${call.attempt}`;
    if (instance?.status !== "running" || instance.attempt !== call.attempt) {
      this.wrong.push(`${what} was sent, and on disk it is ${instance?.status} ${instance?.attempt}`);
    }
    const key = `${call.idempotencyKey}#${call.attempt}`;
    const input = JSON.stringify(call.input);
    const before = this.sent.get(key);
    if (before && before.input !== input) this.wrong.push(`${what} was repeated with another input`);
    this.sent.set(key, { times: (before?.times ?? 0) + 1, input });
  }

  async #drain(): Promise<void> {
    if (this.#random() < 0.3) return;
    const page = await this.object.ask(async (cell) => cell.readOutbox(0, 5));
    if (!page) return;
    for (const text of page.rows) {
      const row: { change: number; executionId: string; status: string } = JSON.parse(text);
      const before = this.listed.get(row.executionId);
      if (!before || before.change < row.change) this.listed.set(row.executionId, row);
    }
    if (this.#random() < 0.8) await this.object.ask(async (cell) => cell.ackOutbox(page.last));
  }

  async play(): Promise<void> {
    const before = this.#random() < 0.5 ? 1 : 2;
    const clients = SIMULATED.flatMap((workflow) =>
      Array.from({ length: before }, (_, index) => this.start(workflow, index)),
    );
    void this.read();
    if (this.#seed % 2 === 0) void this.cancel();
    let served = false;
    void Promise.all(clients).then(() => {
      served = true;
    });
    for (let steps = 0; ; steps++) {
      if (steps > 100_000) throw new Error("the schedule does not end");
      const more = await this.object.step();
      if (served && !this.object.hasAlarm && this.object.awake && this.object.cell.unfinished === 0) return;
      if (!more) throw new Error("nothing is due any more, and executions are unfinished");
    }
  }

  async check(): Promise<void> {
    expect(this.wrong, `seed ${this.#seed}`).toEqual([]);
    expect(this.reports, `seed ${this.#seed}`).toEqual([]);
    expect(this.object.storage.awake()).toEqual([]);
    for (const { workflow, executionId } of this.started) {
      const events = [...this.object.storage.log(executionId)];
      const name = `${workflow.name} seed ${this.#seed}`;
      expect(
        events.map(({ seq }) => seq),
        name,
      ).toEqual(events.map((_, index) => index + 1));
      const once = new Set<string>();
      for (const event of events) {
        const attempt = event.type === "step.started" || event.type === "step.retrying" ? event.attempt : "";
        const kind = /^step\.(completed|failed|skipped|canceled)$/.test(event.type) ? "settled" : event.type;
        const fact = `${kind} ${"path" in event ? event.path : ""} ${attempt}`;
        expect(once.has(fact), `${name}: ${fact} twice`).toBe(false);
        once.add(fact);
      }
      const state = this.#stored(executionId);
      if (this.canceled.has(executionId)) {
        expect(state?.status, name).toBe("canceled");
        continue;
      }
      if (this.maybeCanceled.has(executionId) && state?.status === "canceled") continue;
      if (workflow.unknown && state?.error?.details?.reason === "outcome_unknown") continue;
      const plain = await undisturbed(workflow, executionId, this.#seed);
      expect(state && outcome(state), name).toEqual(plain.outcome);
      expect(this.listed.get(executionId)?.status, name).toBe(state?.status);
      if (!workflow.sameCalls) continue;
      const keys = [...this.sent.keys()].filter((key) => key.startsWith(`${executionId}:`));
      expect(keys.toSorted(), name).toEqual([...plain.keys].toSorted());
    }
    const stored = this.object.storage.changed(0, 1_000).map(({ projection }) => JSON.parse(projection).executionId);
    const answered = this.started.map(({ executionId }) => executionId);
    expect(stored.toSorted(), "one execution for each key").toEqual(answered.toSorted());
    for (const [key, { times }] of this.sent) {
      if (key.includes(":both.once#")) expect(times, `${key} was repeated`).toBe(1);
      expect(times, `${key} was sent ${times} times over ${this.object.kills} kills`).toBeLessThanOrEqual(
        1 + this.object.kills,
      );
    }
  }
}

test(`${SCHEDULES} schedules of kills end as if nothing had happened`, { timeout: 120_000 }, async () => {
  let kills = 0;
  for (let seed = 1; seed <= SCHEDULES; seed++) {
    const schedule = new Schedule(seed);
    await schedule.play();
    await schedule.check();
    kills += schedule.object.kills;
  }
  expect(kills).toBeGreaterThan(SCHEDULES * 3);
});
