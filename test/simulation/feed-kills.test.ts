import { expect, test } from "vitest";
import { executionEvent, TERMINAL_EVENTS } from "../../contracts/execution-event.ts";
import type { FeedItem, FeedWish } from "../../contracts/feed-rpc.ts";
import { SimulatedObject } from "./simulated-object.ts";
import { pluginAnswer, SIMULATED } from "./simulated-workflows.ts";

const SCHEDULES = 60;
const PLANS = new Map(SIMULATED.map(({ name, plan }) => [name, plan]));

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

/** What a feed has of each execution: it takes every event once, and forgets nothing. */
class SimulatedFeed {
  readonly taken = new Map<string, Map<number, string>>();
  readonly wrong: string[] = [];
  refusals = 0;
  repeats = 0;

  take(items: readonly FeedItem[]): void {
    for (const { executionId, events } of items) {
      const known = this.taken.get(executionId) ?? new Map<number, string>();
      this.taken.set(executionId, known);
      let before = 0;
      for (const event of events) {
        const text = JSON.stringify(event);
        const same = known.get(event.id);
        if (same !== undefined) this.repeats += 1;
        if (same !== undefined && same !== text) this.wrong.push(`${executionId} ${event.id} came in two forms`);
        if (event.id <= before) this.wrong.push(`${executionId} ${event.id} came after ${before}`);
        before = event.id;
        known.set(event.id, text);
      }
    }
  }
}

async function play(seed: number, wish: FeedWish) {
  const random = chance(seed);
  const feed = new SimulatedFeed();
  const often = 0.002 + random() * 0.02;
  const object: SimulatedObject = new SimulatedObject({
    kill: () => object.kills < 15 && random() < often,
    plugin: (call, { executionId }) => pluginAnswer(call, { executionId }, seed),
    hint: () => {
      void object.ask(async (cell) => {
        const page = cell.readOutbox(0, 100);
        cell.ackOutbox(page.last);
      });
    },
    feed: async (items) => {
      // Refused before it took anything, or after: the caller cannot know.
      const luck = random();
      if (luck > 0.1) feed.take(items);
      if (luck > 0.2) return;
      feed.refusals += 1;
      throw new Error("the feed is away");
    },
    report: () => undefined,
  });
  const ids: string[] = [];
  const start = async (name: string, index: number): Promise<void> => {
    const plan = PLANS.get(name);
    if (!plan) throw new Error(name);
    const key = `${name}-${index}`;
    for (;;) {
      const answer = await object.ask((cell) =>
        cell.start({
          executionId: `exec_${key}`,
          tenantId: "ten_simulated",
          environment: "test",
          planDigest: name,
          plan: { definition: plan.definition, pins: plan.pins },
          inputs: { n: 20 },
          mode: "async",
          actor: "key_simulated",
          idempotency: { key, bodyHash: "same" },
          ...(index === 1 ? { callbackUrl: "https://example.com/done" } : {}),
        }),
      );
      if (answer !== undefined) break;
    }
    ids.push(`exec_${key}`);
  };
  let served = false;
  const wishAndStart = async (): Promise<void> => {
    // As the feed does: again, until the cell has said that it has it.
    let told: true | undefined;
    while (!told) {
      told = await object.ask(async (cell) => {
        cell.setFeed(wish);
        return true as const;
      });
    }
    await Promise.all([...PLANS.keys()].flatMap((name) => [start(name, 0), start(name, 1)]));
    served = true;
  };
  void wishAndStart();
  for (let steps = 0; ; steps++) {
    if (steps > 200_000) throw new Error("the schedule does not end");
    const more = await object.step();
    if (served && !object.hasAlarm && object.awake && object.cell.unfinished === 0) break;
    if (!more) throw new Error("nothing is due any more, and executions are unfinished");
  }
  return { object, feed, ids };
}

function stored(object: SimulatedObject, executionId: string): Map<number, string> {
  const plan = PLANS.get(object.storage.execution(executionId)?.plan ?? "");
  if (!plan) throw new Error(executionId);
  const events = [...object.storage.log(executionId)].map((event) => executionEvent(plan, executionId, event));
  return new Map(events.map((event) => [event.id, JSON.stringify(event)]));
}

test(`${SCHEDULES} schedules of kills and refusals bring every event to the feed, in order`, {
  timeout: 120_000,
}, async () => {
  let kills = 0;
  let refusals = 0;
  let repeats = 0;
  for (let seed = 1; seed <= SCHEDULES; seed++) {
    const { object, feed, ids } = await play(seed, { types: "all" });
    expect(feed.wrong, `seed ${seed}`).toEqual([]);
    for (const id of ids) expect(feed.taken.get(id), `seed ${seed} ${id}`).toEqual(stored(object, id));
    kills += object.kills;
    refusals += feed.refusals;
    repeats += feed.repeats;
  }
  expect(kills).toBeGreaterThan(SCHEDULES);
  expect(refusals).toBeGreaterThan(SCHEDULES);
  expect(repeats).toBeGreaterThan(SCHEDULES);
});

test("a feed that wants nothing is told the ends of executions with a callback, and of no others", async () => {
  for (let seed = 1; seed <= 20; seed++) {
    const { object, feed, ids } = await play(seed, null);
    for (const id of ids) {
      const terminal = [...stored(object, id).values()].filter((text) => TERMINAL_EVENTS.has(JSON.parse(text).type));
      expect(terminal).toHaveLength(1);
      expect([...(feed.taken.get(id)?.values() ?? [])], `seed ${seed} ${id}`).toEqual(
        id.endsWith("-1") ? terminal : [],
      );
    }
  }
});

test("a feed that wants some types is told those", async () => {
  const { object, feed, ids } = await play(1, { types: ["step.*", "workflow.started"] });
  for (const id of ids.filter((name) => name.endsWith("-0"))) {
    const wanted = [...stored(object, id).values()].filter((text) => {
      const { type } = JSON.parse(text);
      return type.startsWith("step.") || type === "workflow.started";
    });
    expect([...(feed.taken.get(id)?.values() ?? [])]).toEqual(wanted);
  }
});

test("a feed that was away while everything ended has it all after a kill: the alarm alone brings it", async () => {
  const feed = new SimulatedFeed();
  let away = true;
  const object: SimulatedObject = new SimulatedObject({
    kill: () => false,
    plugin: (call, { executionId }) => pluginAnswer(call, { executionId }, 1),
    // The read model has everything at once: what the next commit stores must not say that of the feed, too.
    hint: () => object.cell.ackOutbox(object.cell.readOutbox(0, 100).last),
    feed: async (items) => {
      if (away) throw new Error("the feed is away");
      feed.take(items);
    },
    report: () => undefined,
  });
  object.cell.setFeed({ types: "all" });
  const ids: string[] = [];
  for (const [name, plan] of [...PLANS].slice(0, 3)) {
    const executionId = `exec_${name}`;
    await object.cell.start({
      executionId,
      tenantId: "ten_simulated",
      environment: "test",
      planDigest: name,
      plan: { definition: plan.definition, pins: plan.pins },
      inputs: { n: 20 },
      mode: "async",
      actor: "key_simulated",
    });
    ids.push(executionId);
    for (let steps = 0; steps < 300 && object.cell.unfinished > 0; steps++) await object.step();
    for (let steps = 0; steps < 20; steps++) await object.step();
  }
  expect(object.cell.unfinished).toBe(0);
  object.kill();
  away = false;
  for (let steps = 0; object.hasAlarm || !object.awake; steps++) {
    if (steps > 1_000) throw new Error("it is never done");
    if (!(await object.step())) break;
  }
  for (const id of ids) expect(feed.taken.get(id), id).toEqual(stored(object, id));
});
