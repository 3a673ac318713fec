import { expect, test } from "vitest";
import { executionEvent, TERMINAL_EVENTS } from "../../contracts/execution-event.ts";
import type { FeedItem, FeedWish, KnownWish } from "../../contracts/feed-rpc.ts";
import { chance } from "../tenant/simulated-tenant.ts";
import { SimulatedObject } from "./simulated-object.ts";
import { pluginAnswer, SIMULATED } from "./simulated-workflows.ts";

const SCHEDULES = Number(process.env.SCHEDULES ?? 60);
const PLANS = new Map(SIMULATED.map(({ name, plan }) => [name, plan]));

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
        cell.setFeed({ version: 1, wish });
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

test("an end that is in the commit which notes how far the feed is, is told though a kill comes right behind it", async () => {
  const plan = PLANS.get("hangs");
  if (!plan) throw new Error("no such workflow");
  for (let nth = 1; nth <= 8; nth++) {
    const feed = new SimulatedFeed();
    let commits = 0;
    const object: SimulatedObject = new SimulatedObject({
      kill: (point) => point === "after commit" && ++commits === nth,
      plugin: (call, { executionId }) => pluginAnswer(call, { executionId }, 1),
      hint: () => object.cell.ackOutbox(object.cell.readOutbox(0, 100).last),
      feed: async (items) => feed.take(items),
      report: () => undefined,
    });
    object.cell.setFeed({ version: 1, wish: { types: "all" } });
    const command = {
      executionId: "exec_hangs",
      tenantId: "ten_simulated",
      environment: "test",
      mode: "async",
    } as const;
    const { definition, pins } = plan;
    const start = { ...command, planDigest: "hangs", plan: { definition, pins }, inputs: { n: 20 }, actor: "key_a" };
    const begin = () => object.ask((cell) => cell.start({ ...start, idempotency: { key: "k", bodyHash: "h" } }));
    while ((await begin()) === undefined);
    const until = object.clock.now() + 300_000;
    while (object.clock.now() < until && (await object.step()));
    expect(feed.taken.get("exec_hangs"), `killed after commit ${nth}`).toEqual(stored(object, "exec_hangs"));
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
  object.cell.setFeed({ version: 1, wish: { types: "all" } });
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

/** A cell that runs one workflow of two steps of 30 s each; `askWish` makes it that of an isolated execution. */
function slowCell(
  feed: SimulatedFeed,
  askWish?: () => Promise<KnownWish>,
  take = async (items: FeedItem[]): Promise<void> => feed.take(items),
) {
  const object: SimulatedObject = new SimulatedObject({
    kill: () => false,
    plugin: (call) => ({ result: { ok: true, output: { n: 1, of: call.path } }, afterMs: 30_000 }),
    hint: () => object.cell.ackOutbox(object.cell.readOutbox(0, 100).last),
    feed: take,
    ...(askWish ? { askWish } : {}),
    report: () => undefined,
  });
  const plan = PLANS.get("chain");
  if (!plan) throw new Error("there is no such workflow");
  const start = async (executionId: string): Promise<void> => {
    const { definition, pins } = plan;
    const whose = { executionId, tenantId: "ten_simulated", environment: "test" as const, actor: "key_simulated" };
    await object.cell.start({
      ...whose,
      planDigest: "chain",
      plan: { definition, pins },
      inputs: { n: 1 },
      mode: "async",
    });
  };
  const until = async (at: number): Promise<void> => {
    for (let steps = 0; object.clock.now() < at; steps++) {
      if (steps > 10_000) throw new Error("it goes on for ever");
      if (!(await object.step())) return;
    }
  };
  return { object, start, until };
}

const typesTaken = (feed: SimulatedFeed, id: string): string[] =>
  [...(feed.taken.get(id)?.values() ?? [])].map((text) => JSON.parse(text).type);

test("a wish that comes late is not believed: the newer one stays, over a kill too", async () => {
  const feed = new SimulatedFeed();
  const { object, start, until } = slowCell(feed);
  object.cell.setFeed({ version: 3, wish: { types: ["workflow.completed"] } });
  object.cell.setFeed({ version: 2, wish: null });
  await start("exec_first");
  object.kill();
  object.cell.setFeed({ version: 2, wish: { types: "all" } });
  await until(object.clock.now() + 200_000);
  expect(typesTaken(feed, "exec_first")).toEqual(["workflow.completed"]);
  object.cell.setFeed({ version: 4, wish: null });
  await start("exec_second");
  await until(object.clock.now() + 200_000);
  expect(feed.taken.has("exec_second")).toBe(false);
});

test("what a cell stored when wishes had no number is still its wish, until the first that has one", async () => {
  const feed = new SimulatedFeed();
  const { object, start, until } = slowCell(feed);
  object.storage.prepare();
  object.storage.putFact("feed", JSON.stringify({ types: "all" }));
  await start("exec_old");
  await until(object.clock.now() + 200_000);
  expect(typesTaken(feed, "exec_old")).toContain("step.started");
  object.cell.setFeed({ version: 1, wish: null });
  await start("exec_new");
  await until(object.clock.now() + 200_000);
  expect(feed.taken.has("exec_new")).toBe(false);
});

test("what ended between the making of a wish and its hearing is told after it", async () => {
  const feed = new SimulatedFeed();
  const { object, start, until } = slowCell(feed);
  const run = async (id: string): Promise<void> => {
    await start(id);
    while (object.cell.unfinished > 0) await object.step();
  };
  await run("exec_long_ago");
  await run("exec_ended");
  object.cell.setFeed({ version: 1, wish: { types: ["workflow.completed"] } });
  await until(object.clock.now() + 60_000);
  expect(typesTaken(feed, "exec_ended")).toEqual(["workflow.completed"]);
  expect(feed.taken.has("exec_long_ago")).toBe(false);
});

test("a cell that hears a wish a minute late is told by it since when", async () => {
  const feed = new SimulatedFeed();
  const { object, start, until } = slowCell(feed);
  await start("exec_before");
  while (object.cell.unfinished > 0) await object.step();
  await start("exec_after");
  const at = object.clock.now() + 20_000;
  while (object.cell.unfinished > 0) await object.step();
  await until(object.clock.now() + 60_000);
  object.cell.setFeed({ version: 1, wish: { types: ["workflow.completed"] }, at });
  await until(object.clock.now() + 60_000);
  expect(typesTaken(feed, "exec_after")).toEqual(["workflow.completed"]);
  expect(feed.taken.has("exec_before")).toBe(false);
});

test.each([null, { types: ["step.failed"] }])(
  "what ended before a cell heard of the first reader of the stream is told after it, when it wanted %j",
  async (wish) => {
    const feed = new SimulatedFeed();
    const { object, start, until } = slowCell(feed);
    object.cell.setFeed({ version: 1, wish });
    await start("exec_ended");
    while (object.cell.unfinished > 0) await object.step();
    object.cell.setFeed({ version: 2, wish: { types: "all" } });
    await until(object.clock.now() + 60_000);
    expect(typesTaken(feed, "exec_ended")).toContain("workflow.completed");
  },
);

test("what a wish adds while a push is under way is told after it, of before that push too", async () => {
  const feed = new SimulatedFeed();
  let widen = (): void => undefined;
  const { object, start, until } = slowCell(feed, undefined, async (items) => {
    feed.take(items);
    widen();
  });
  object.cell.setFeed({ version: 1, wish: { types: ["step.completed"] } });
  widen = () => object.cell.setFeed({ version: 2, wish: { types: ["step.completed", "step.started"] } });
  await start("exec_widened");
  await until(object.clock.now() + 200_000);
  const inOrder = [...(feed.taken.get("exec_widened") ?? [])].sort(([a], [b]) => a - b);
  const steps = inOrder.map(([, text]) => JSON.parse(text).type);
  expect(steps.slice(0, 2)).toEqual(["step.started", "step.completed"]);
});

test("an isolated cell learns of a later wish from what it writes, asks no oftener than once a second, and not before", async () => {
  const feed = new SimulatedFeed();
  let wish: KnownWish = { version: 0, wish: null };
  let asked = 0;
  const { object, start, until } = slowCell(feed, async () => {
    asked += 1;
    return wish;
  });
  object.cell.setFeed(wish);
  await start("exec_isolated");
  await until(object.clock.now() + 20_000);
  expect(asked, "what it heard at its start is still fresh").toBe(0);
  await until(object.clock.now() + 20_000);
  expect(asked).toBe(1);
  expect(feed.taken.size).toBe(0);
  wish = { version: 1, wish: { types: ["step.*", "workflow.completed"] } };
  await until(object.clock.now() + 200_000);
  expect(object.cell.unfinished).toBe(0);
  expect(typesTaken(feed, "exec_isolated").at(-1)).toBe("workflow.completed");
  expect(typesTaken(feed, "exec_isolated")).toContain("step.completed");
  expect(asked).toBeLessThanOrEqual(4);
});

test("an isolated cell whose feed is away at its end, and that is killed, tells it when the feed is back", async () => {
  const feed = new SimulatedFeed();
  let away = false;
  const { object, start, until } = slowCell(feed, async () => {
    if (away) throw new Error("the feed is away");
    return { version: 1, wish: { types: ["workflow.completed"] } };
  });
  object.cell.setFeed({ version: 0, wish: null });
  away = true;
  await start("exec_isolated");
  await until(object.clock.now() + 95_000);
  expect(object.cell.unfinished).toBe(0);
  object.kill();
  away = false;
  await until(object.clock.now() + 120_000);
  expect(typesTaken(feed, "exec_isolated")).toEqual(["workflow.completed"]);
});
