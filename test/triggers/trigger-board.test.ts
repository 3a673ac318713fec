import { expect, test } from "vitest";
import type { JsonObject } from "../../engine/json.ts";
import { objectWith } from "./object-with.ts";
import { OWNER, SimulatedTriggers, START, storedTrigger } from "./simulated-triggers.ts";

/* A triggers object in virtual time: what is started when, by each policy. */

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
/** START is noon, UTC. */
const NOON = START;

const at = (time: string): string => `2026-11-20T${time}:00.000Z`;

test("a schedule starts at its times, and knows the next", async () => {
  const { object, starts, put } = objectWith();
  await put("a", { type: "schedule", cron: "*/20 * * * *" });
  await object.runUntil(NOON + 61 * MINUTE_MS);
  expect(starts.map(({ trigger }) => trigger.at)).toEqual([at("12:20"), at("12:40"), at("13:00")]);
  expect(starts[0]).toMatchObject({ key: `a@${Date.parse(at("12:20"))}`, overlap: "allow", workflow: "w" });
  const { a } = (await object.ask((board) => board.states(["a"]))) ?? {};
  expect(a).toMatchObject({ nextDue: Date.parse(at("13:20")), waiting: 0, dropped: 0 });
  expect(a?.runs.map(({ dueAt, status }) => [new Date(dueAt).toISOString(), status])).toEqual(
    [at("13:00"), at("12:40"), at("12:20")].map((due) => [due, "started"]),
  );
});

test("a thousand schedules of the same minute all start, a bounded number at a time, by one alarm after the other", async () => {
  const { object, starts, widest } = objectWith();
  const many = Array.from({ length: 1_000 }, (_, n) =>
    storedTrigger(`t${n}`, { type: "schedule", cron: "1 12 * * *" }),
  );
  await object.ask((board) => board.put(OWNER, many));
  await object.runUntil(NOON + MINUTE_MS + 5_000);
  expect(new Set(starts.map(({ triggerId }) => triggerId)).size).toBe(1_000);
  expect(starts).toHaveLength(1_000);
  expect(widest()).toBeLessThanOrEqual(8);
  expect(object.alarms).toBeLessThan(30);
});

test.each<[backfill: JsonObject[string], expected: string[]]>([
  [false, []],
  [true, [at("12:10"), at("12:20"), at("12:30"), at("12:40"), at("12:50")]],
  [{ max: 2 }, [at("12:40"), at("12:50")]],
])("what was missed in an outage is made up for by the policy (backfill: %j)", async (backfill, expected) => {
  const { object, starts, put } = objectWith();
  await put("a", { type: "schedule", cron: "*/10 * * * *", backfill });
  object.goDown(55 * MINUTE_MS);
  await object.runUntil(NOON + 61 * MINUTE_MS);
  expect(starts.map(({ trigger }) => [trigger.at, trigger.missed])).toEqual([
    ...expected.map((due) => [due, true]),
    [at("13:00"), false],
  ]);
});

test("a due time that is less than a minute late is not missed", async () => {
  const { object, starts, put } = objectWith();
  await put("a", { type: "schedule", cron: "*/10 * * * *" });
  object.goDown(10 * MINUTE_MS + 59_000);
  await object.runUntil(NOON + 11 * MINUTE_MS);
  expect(starts.map(({ trigger }) => [trigger.at, trigger.missed])).toEqual([[at("12:10"), false]]);
});

test("what was missed stays bounded: of every second of a day, the latest that the policy allows", async () => {
  const { object, starts, put } = objectWith();
  await put("a", { type: "schedule", cron: "* * * * * *", backfill: { max: 7 } });
  object.goDown(24 * HOUR_MS);
  await object.runUntil(NOON + 24 * HOUR_MS + 500);
  expect(starts.filter(({ trigger }) => trigger.missed === true)).toHaveLength(7);
  expect(starts.length).toBe(67);
});

test("a paused schedule starts nothing, and what was due meanwhile is not made up for", async () => {
  const { object, starts, put } = objectWith();
  const config = { type: "schedule", cron: "*/10 * * * *", backfill: true };
  await put("a", config);
  await put("a", config, { revision: 2, active: false });
  await object.runUntil(NOON + 35 * MINUTE_MS);
  await put("a", config, { revision: 3 });
  await object.runUntil(NOON + 41 * MINUTE_MS);
  expect(starts.map(({ trigger }) => trigger.at)).toEqual([at("12:40")]);
});

test("an older revision changes nothing, and a trigger that is gone does not come back by one", async () => {
  const { object, starts, put } = objectWith();
  await put("a", { type: "schedule", cron: "*/10 * * * *" }, { revision: 5 });
  await put("a", { type: "schedule", cron: "* * * * *" }, { revision: 4 });
  await object.ask((board) => board.remove([{ id: "a", revision: 6 }]));
  await put("a", { type: "schedule", cron: "* * * * *" }, { revision: 5 });
  await object.runUntil(NOON + 30 * MINUTE_MS);
  expect(starts).toEqual([]);
  await put("a", { type: "schedule", cron: "*/10 * * * *" }, { revision: 7 });
  await object.runUntil(NOON + 41 * MINUTE_MS);
  expect(starts).toHaveLength(1);
});

test("a change that leaves the times as they are loses no due time", async () => {
  const { object, starts, put } = objectWith();
  await put("a", { type: "schedule", cron: "*/10 * * * *" });
  object.goDown(10 * MINUTE_MS + 30_000);
  await object.runUntil(NOON + 10 * MINUTE_MS + 20_000);
  await put("a", { type: "schedule", cron: "*/10 * * * *", overlap: "skip" }, { revision: 2 });
  await object.runUntil(NOON + 11 * MINUTE_MS);
  expect(starts.map(({ trigger, overlap }) => [trigger.at, overlap])).toEqual([[at("12:10"), "skip"]]);
});

test("a clock that jumps back never makes a due time come again", async () => {
  const { object, starts, put } = objectWith();
  const config = { type: "schedule", cron: "*/10 * * * *", backfill: true };
  await put("a", config);
  await object.runUntil(NOON + 21 * MINUTE_MS);
  // An object whose clock is two hours behind looks at its schedules, and the trigger is written once more.
  const clock = object.clock as { now(): number };
  const real = clock.now.bind(clock);
  clock.now = () => real() - 2 * HOUR_MS;
  await object.ask((board) => board.wake());
  await put("a", { ...config, timezone: "Europe/Berlin" }, { revision: 2 });
  clock.now = real;
  await object.runUntil(NOON + 31 * MINUTE_MS);
  expect(starts.map(({ trigger }) => trigger.at)).toEqual([at("12:10"), at("12:20"), at("12:30")]);
});

test("what was under way when the object died is asked for again as soon as it lives", async () => {
  const asked: number[] = [];
  const object: SimulatedTriggers = new SimulatedTriggers({
    kill: () => false,
    async start(firings) {
      asked.push(object.clock.now());
      await object.pause(asked.length === 1 ? HOUR_MS : 5);
      return firings.map(({ key }) => ({ kind: "started", executionId: key }));
    },
  });
  const trigger = storedTrigger("a", { type: "schedule", cron: "1 12 20 11 *" });
  await object.ask((board) => board.put(OWNER, [trigger]));
  await object.runUntil(NOON + MINUTE_MS + 1_000);
  object.kill();
  await object.ask((board) => board.wake());
  await object.runUntil(NOON + MINUTE_MS + 2_000);
  expect(asked).toEqual([NOON + MINUTE_MS, NOON + MINUTE_MS + 1_000]);
  const { a } = (await object.ask((board) => board.states(["a"]))) ?? {};
  expect(a).toMatchObject({ waiting: 0, runs: [{ status: "started" }] });
});

test("a start that is put off is tried again, later each time, until it comes about", async () => {
  let tries = 0;
  const { object, starts, put, seconds } = objectWith((firing) => {
    tries += 1;
    if (tries < 5) return { kind: "later", reached: false, message: "Postgres is down" };
    return { kind: "started", executionId: firing.key };
  });
  await put("a", { type: "schedule", cron: "1 12 * * *" });
  await object.runUntil(NOON + 3 * MINUTE_MS);
  expect(starts).toHaveLength(1);
  expect(tries).toBe(5);
  expect(seconds()).toEqual([60 + 1 + 2 + 4 + 8]);
});

test("a start that was perhaps accepted is not asked for again when a cell may have forgotten it", async () => {
  const asked: number[] = [];
  const { object, put } = objectWith((_firing, now) => {
    asked.push(now);
    return { kind: "later", reached: true, message: "no answer" };
  });
  await put("a", { type: "schedule", cron: "1 12 20 11 *" });
  await object.runUntil(NOON + 48 * HOUR_MS);
  expect((asked.at(-1) ?? 0) - (asked[0] ?? 0)).toBeLessThan(24 * HOUR_MS);
  const { a } = (await object.ask((board) => board.states(["a"]))) ?? {};
  expect(a?.runs[0]).toMatchObject({ status: "refused", error: { code: "TIMEOUT" } });
  expect(a?.waiting).toBe(0);
});

test("what is refused or skipped is written down and not tried again", async () => {
  const { object, put } = objectWith(({ triggerId }) =>
    triggerId === "a"
      ? { kind: "refused", code: "NOT_FOUND", message: "There is no workflow." }
      : { kind: "skipped", message: "The execution before still goes on." },
  );
  await put("a", { type: "schedule", cron: "1 12 * * *" });
  await put("b", { type: "schedule", cron: "1 12 * * *", overlap: "skip" });
  await object.runUntil(NOON + 5 * MINUTE_MS);
  const { a, b } = (await object.ask((board) => board.states(["a", "b"]))) ?? {};
  expect(a?.runs).toEqual([
    expect.objectContaining({ status: "refused", error: expect.objectContaining({ code: "NOT_FOUND" }) }),
  ]);
  expect(b?.runs).toEqual([expect.objectContaining({ status: "skipped" })]);
});

test("an event starts what listens to its name and source and whose filter fits, once for its id", async () => {
  const { object, starts, put, publish } = objectWith();
  await put("all", { type: "event", topic: "paid" });
  await put("kafka", { type: "event", topic: "paid", source: "kafka" });
  await put("big", { type: "event", event: "paid", filter: { "order.size": ["large", "huge"], eu: true } });
  await put("off", { type: "event", topic: "paid" }, { active: false });
  expect(await publish("1", { order: { size: "huge" }, eu: true })).toEqual({ ok: true, value: 2 });
  expect(await publish("1", { order: { size: "huge" }, eu: true })).toEqual({ ok: true, value: 2 });
  expect(await publish("2", { order: { size: "small" }, eu: true }, { source: "kafka" })).toEqual({
    ok: true,
    value: 2,
  });
  expect(await publish("3", {}, { name: "other" })).toEqual({ ok: true, value: 0 });
  await object.runUntil(START + 1_000);
  expect(starts.map(({ triggerId, trigger }) => `${triggerId} ${trigger.event_id}`).sort()).toEqual([
    "all 1",
    "all 2",
    "big 1",
    "kafka 2",
  ]);
  expect(starts[0]?.trigger).toMatchObject({ type: "event", topic: "paid", event: { eu: true } });
});

test("events that lead to events end at a depth of sixteen", async () => {
  const { put, publish } = objectWith();
  await put("a", { type: "event", topic: "paid" });
  expect(await publish("1", {}, { depth: 16 })).toMatchObject({ ok: true });
  expect(await publish("2", {}, { depth: 17 })).toMatchObject({ ok: false, code: "VALIDATION" });
});

test("a batch is one execution for many events: when it is full, or after its time", async () => {
  const { object, starts, put, publish, seconds } = objectWith();
  const batch = { max_size: 3, timeout: "10s", key: "{{ trigger.event.shop }}" };
  await put("a", { type: "event", topic: "paid", batch });
  for (const n of [1, 2, 3, 4]) await publish(`x${n}`, { shop: "x", n });
  await publish("y1", { shop: "y", n: 1 });
  await object.runUntil(START + 30_000);
  const shown = starts.map(({ trigger: { events, count, event } }) => [
    (events as JsonObject[]).map((it) => it.event_id),
    count,
    event,
  ]);
  expect(shown).toEqual([
    [["x1", "x2", "x3"], 3, { shop: "x", n: 3 }],
    [["x4"], 1, { shop: "x", n: 4 }],
    [["y1"], 1, { shop: "y", n: 1 }],
  ]);
  expect(seconds()).toEqual([0, 10, 10]);
});

test("a batch of large events starts before it is too large for an execution", async () => {
  const { object, starts, put, publish } = objectWith();
  await put("a", { type: "event", topic: "paid", batch: { max_size: 100, timeout: "10s" } });
  for (const n of [1, 2, 3]) await publish(`x${n}`, { text: "x".repeat(400_000) });
  await object.runUntil(START + 20_000);
  expect(starts.map(({ trigger }) => trigger.count)).toEqual([2, 1]);
});

test("a debounce starts once it is quiet, with the last event, and not later than its timeout", async () => {
  const { object, starts, put, publish, seconds } = objectWith();
  await put("a", { type: "event", topic: "paid", debounce: { period: "5s", timeout: "12s" } });
  for (const n of [1, 2, 3]) {
    await publish(`x${n}`, { n });
    await object.runUntil(START + n * 3_000);
  }
  await object.runUntil(START + 20_000);
  for (let n = 4; n < 10; n++) {
    await publish(`x${n}`, { n });
    await object.runUntil(START + 20_000 + (n - 3) * 4_000);
  }
  await object.runUntil(START + 60_000);
  expect(starts.map(({ trigger }) => trigger.event_id)).toEqual(["x3", "x7", "x9"]);
  expect(seconds()).toEqual([11, 32, 45]);
});

test("a throttle puts off what is too much, of each key, and loses nothing", async () => {
  const { object, starts, put, publish, seconds } = objectWith();
  await put("a", {
    type: "event",
    topic: "paid",
    throttle: { limit: 2, period: "10s", key: "{{ trigger.event.shop }}" },
  });
  for (const n of [1, 2, 3, 4, 5]) await publish(`x${n}`, { shop: "x" });
  await publish("y1", { shop: "y" });
  const { a } = (await object.ask((board) => board.states(["a"]))) ?? {};
  expect(a?.waiting).toBe(6);
  await object.runUntil(START + 60_000);
  const times = starts.map(({ trigger }, index) => `${trigger.event_id} ${seconds()[index]}`);
  expect(times).toEqual(["x1 0", "x2 0", "y1 0", "x3 10", "x4 10", "x5 20"]);
});

test("a rate limit drops what is too much, of each key, and counts it", async () => {
  const { object, starts, put, publish } = objectWith();
  await put("a", {
    type: "event",
    topic: "paid",
    rate_limit: { limit: 2, period: "10s", key: "{{ trigger.event.shop }}" },
  });
  for (const n of [1, 2, 3]) await publish(`x${n}`, { shop: "x" });
  await publish("y1", { shop: "y" });
  await object.runUntil(START + 11_000);
  await publish("x4", { shop: "x" });
  await object.runUntil(START + 20_000);
  expect(starts.map(({ trigger }) => trigger.event_id)).toEqual(["x1", "x2", "y1", "x4"]);
  const { a } = (await object.ask((board) => board.states(["a"]))) ?? {};
  expect(a?.dropped).toBe(1);
});

test("a webhook has its bucket: calls beyond it are told when to come, a redelivery costs nothing", async () => {
  const { object, put, deliver } = objectWith();
  await put("hook", { type: "webhook", path: "in", security: { rateLimit: { rpm: 60, burst: 2 } } });
  const soon = async (callId: string, names?: string[]) => {
    const answering = deliver(callId, names);
    await object.runUntil(object.clock.now() + 10);
    return answering;
  };
  expect(await soon("1", ["id:one"])).toEqual({ kind: "accepted", executionId: "exec_hook:1", replayed: false });
  expect(await soon("2")).toMatchObject({ kind: "accepted", replayed: false });
  expect(await soon("3", ["id:one"])).toEqual({ kind: "accepted", executionId: "exec_hook:1", replayed: true });
  const refused = await soon("4");
  expect(refused).toMatchObject({ kind: "rate_limited" });
  const wait = refused?.kind === "rate_limited" ? refused.retryAfterMs : 0;
  expect(wait).toBeGreaterThan(900);
  await object.runUntil(object.clock.now() + wait);
  expect(await soon("5")).toMatchObject({ kind: "accepted" });
  expect(await soon("6")).toMatchObject({ kind: "rate_limited" });
});

test("a delivery that was refused may come again; an inactive webhook takes none", async () => {
  let fits = false;
  const { object, put, deliver } = objectWith((firing) =>
    fits
      ? { kind: "started", executionId: firing.key }
      : { kind: "refused", code: "VALIDATION", message: "n is required" },
  );
  const soon = async (callId: string) => {
    const answering = deliver(callId, ["id:one"]);
    await object.runUntil(object.clock.now() + 10);
    return answering;
  };
  await put("hook", { type: "webhook", path: "in" });
  expect(await soon("1")).toMatchObject({ kind: "refused", code: "VALIDATION" });
  fits = true;
  expect(await soon("2")).toMatchObject({ kind: "accepted", replayed: false });
  await put("hook", { type: "webhook", path: "in" }, { revision: 2, active: false });
  expect(await soon("3")).toEqual({ kind: "inactive" });
});

test("a delivery whose start is put off is accepted without an execution, and has one when it comes again", async () => {
  let down = true;
  const { object, put, deliver } = objectWith((firing) =>
    down
      ? { kind: "later", reached: false, message: "Postgres is down" }
      : { kind: "started", executionId: firing.key },
  );
  await put("hook", { type: "webhook", path: "in" });
  const first = deliver("1", ["id:one"]);
  await object.runUntil(START + 10);
  expect(await first).toEqual({ kind: "accepted", executionId: null, replayed: false });
  down = false;
  await object.runUntil(START + 60_000);
  expect(await deliver("2", ["id:one"])).toEqual({ kind: "accepted", executionId: "hook:1", replayed: true });
});
