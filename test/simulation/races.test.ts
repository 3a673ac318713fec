import { expect, test } from "vitest";
import type { FeedItem } from "../../contracts/feed-rpc.ts";
import type { ExecutionProjection, StartCommand } from "../../contracts/rpc.ts";
import type { StepDefinition } from "../../engine/definition/types.ts";
import { isTerminal } from "../../engine/run/transition.ts";
import type { ActionCall, ActionResult } from "../../engine/run/types.ts";
import { actionStep, ok, planOf } from "../../engine/testing.ts";
import { SimulatedObject } from "./simulated-object.ts";

/* Two that meet: whoever wins is the same for the record, the events, the read model and the feed (F20, F37). */

class Race {
  readonly object: SimulatedObject;
  readonly told: FeedItem[] = [];
  readonly calls: string[] = [];
  readonly reports: string[] = [];

  constructor(answer: (call: ActionCall) => { result: ActionResult; afterMs: number }) {
    this.object = new SimulatedObject({
      kill: () => false,
      plugin: (call) => {
        this.calls.push(`${call.idempotencyKey}#${call.attempt}`);
        return answer(call);
      },
      hint: () => undefined,
      feed: async (items) => void this.told.push(...items),
      report: (message, error) => this.reports.push(`${message}: ${String(error)}`),
    });
    this.object.cell.setFeed({ version: 1, wish: { types: "all" } });
  }

  start(steps: StepDefinition[]): void {
    const { definition, pins } = planOf(steps);
    const command: StartCommand = {
      executionId: "exec_a",
      tenantId: "ten_test",
      environment: "test",
      planDigest: JSON.stringify(definition),
      plan: { definition, pins },
      inputs: {},
      mode: "async",
      actor: "key_test",
    };
    void this.object.cell.start(command);
  }

  at(ms: number, task: () => unknown): void {
    this.object.clock.at(this.object.clock.now() + ms, () => void task());
  }

  async pass(ms: number): Promise<void> {
    const until = this.object.clock.now() + ms;
    while (this.object.clock.now() < until && (await this.object.step()));
  }

  /** Who won, as everybody sees it: one answer, and no call that is not on the disk. */
  async winner(): Promise<string> {
    const { cell } = this.object;
    const record = await cell.get("exec_a");
    const events = [...this.object.storage.log("exec_a")];
    const ends = events.filter(({ type }) => /^workflow\.(completed|failed|canceled|timed_out)$/.test(type));
    expect(ends).toHaveLength(1);
    const status = String(record?.status);
    expect(isTerminal(record?.status ?? "running")).toBe(true);
    expect(ends[0]?.type).toBe(`workflow.${status}`);
    const row: ExecutionProjection = JSON.parse(cell.readOutbox(0, 10).rows.at(-1) ?? "{}");
    expect(row.status).toBe(status);
    const heard = this.told.flatMap((item) => item.events).filter(({ type }) => type === ends[0]?.type);
    // Pushed again after a kill, it is the same one.
    expect(new Set(heard.map(({ id }) => id)).size).toBe(1);
    const settled = events.filter(({ type }) => /^step\.(completed|failed|canceled|skipped)$/.test(type));
    const paths = settled.map((event) => ("path" in event ? event.path : ""));
    expect(new Set(paths).size, "each step ends once").toBe(paths.length);
    expect(this.reports).toEqual([]);
    const step = record?.steps[0];
    return `${status} ${step?.status} ${JSON.stringify(step?.output ?? step?.error?.code ?? null)}`;
  }
}

const AROUND = Array.from({ length: 25 }, (_, index) => index - 12);

test("a timeout and a result, at every distance from each other: one wins, for everybody", async () => {
  const winners = new Set<string>();
  for (const distance of AROUND)
    for (const base of [100, 1_100]) {
      const race = new Race(() => ({ result: ok(7), afterMs: base + distance }));
      race.start([actionStep("a", { timeoutMs: 100, retry: { maxAttempts: 1 }, continueOnError: false })]);
      await race.pass(10_000);
      winners.add(await race.winner());
    }
  expect([...winners].toSorted()).toEqual(["completed completed 7", 'failed failed "TIMEOUT"']);
});

test("a signal and the end of its wait, at every distance, either first: one wins, for everybody", async () => {
  const winners = new Set<string>();
  const wait: StepDefinition = { kind: "wait", id: "w", until: { event: "go", timeout: 2 } };
  for (const distance of AROUND)
    for (const before of [true, false]) {
      const race = new Race(() => ({ result: ok(1), afterMs: 1 }));
      const signal = () => race.object.cell.act("exec_a", { type: "signal", name: "go", payload: 7, id: "evt" });
      if (before) race.at(2_000 + distance, signal);
      race.start([wait]);
      if (!before) race.at(2_000 + distance, signal);
      await race.pass(10_000);
      winners.add((await race.winner()).replace(/"waitedFor":[\d.]+,/, ""));
    }
  expect([...winners].filter((it) => it.startsWith("completed completed"))).toHaveLength(winners.size);
  expect(winners.size, [...winners].join()).toBe(2);
});

test("a cancel and the end of the execution, at every distance, either first: one wins, for everybody", async () => {
  const winners = new Set<string>();
  for (const distance of AROUND)
    for (const before of [true, false]) {
      const race = new Race(() => ({ result: ok(7), afterMs: 50 }));
      let canceled: boolean | undefined;
      const cancel = async () => {
        canceled = (await race.object.cell.act("exec_a", { type: "cancel", actor: "key", reason: "why" }))?.ok;
      };
      if (before) race.at(50 + distance, cancel);
      race.start([actionStep("a")]);
      if (!before) race.at(50 + distance, cancel);
      await race.pass(10_000);
      const winner = await race.winner();
      expect(winner.startsWith("canceled"), `${distance}: who cancelled was told ${canceled}`).toBe(canceled);
      winners.add(winner);
    }
  expect([...winners].toSorted()).toEqual(["canceled canceled null", "completed completed 7"]);
});

test("an object that was replaced and does not know it: what it still does counts nowhere, and costs a call more at most", async () => {
  for (let moment = 0; moment < 60; moment += 1) {
    const race = new Race(() => ({ result: ok(7), afterMs: 20 }));
    race.start([actionStep("a"), actionStep("b"), actionStep("c")]);
    race.at(moment, () => race.object.replace());
    race.at(moment + 1, () => race.object.cell.get("exec_a"));
    await race.pass(10_000);
    expect(race.object.replaced, "the old one went on").toBeGreaterThan(0);
    race.reports.splice(0);
    expect(await race.winner()).toBe("completed completed 7");
    const times = new Map<string, number>();
    for (const key of race.calls) times.set(key, (times.get(key) ?? 0) + 1);
    expect([...times.keys()].toSorted(), `replaced after ${moment} ms`).toEqual(
      ["a", "b", "c"].map((id) => `exec_a:1:${id}#1`),
    );
    expect(race.calls.length).toBeLessThanOrEqual(4);
  }
});

test("killed inside of a fan-out of 50 with any number done: only the others are called again", async () => {
  for (let done = 0; done <= 50; done += 1) {
    // The calls are answered one after the other; the kill comes between two of them.
    let asked = 0;
    const race = new Race(() => {
      asked += 1;
      return { result: ok(asked), afterMs: asked <= 50 ? asked * 10 : 1 };
    });
    race.start([actionStep("a", { forEach: "{{ range(50) }}", parallel: true, maxConcurrency: 50 })]);
    race.at(done * 10 + 5, () => {
      race.object.kill();
      void race.object.cell.get("exec_a");
    });
    await race.pass(120_000);
    expect((await race.winner()).startsWith("completed")).toBe(true);
    expect(race.calls.length, `${done} done`).toBe(50 + (50 - done));
    expect(new Set(race.calls).size).toBe(50);
    expect(race.object.storage.log("exec_a").next().done).toBe(false);
  }
});
