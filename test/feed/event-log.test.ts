import { expect, test } from "vitest";
import type { FeedWish } from "../../contracts/feed-rpc.ts";
import type { FeedRead } from "../../contracts/webhooks-rpc.ts";
import { endpointOf, eventOf, itemOf } from "./items.ts";
import { answerOf, SimulatedFeed, START } from "./simulated-feed.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

/** A feed with two cells, one of which cannot be reached at first. */
function feedWithCells(away: () => boolean = () => false) {
  const wishes = new Map<string, FeedWish>();
  const since = new Map<string, number | undefined>();
  const told: string[] = [];
  const feed = new SimulatedFeed({
    receive: async () => answerOf(200),
    cells: async () => ["s0", "s1"],
    setFeed: async (cell, { wish, at }) => {
      if (cell === "s1" && away()) throw new Error("away");
      told.push(cell);
      wishes.set(cell, wish);
      since.set(cell, at);
    },
  });
  let sequence = 0;
  const push = (execution: string, type = "log", workflow = "sum") => {
    const event = { ...eventOf(execution, ++sequence, type, feed.clock.now()), workflow_id: workflow };
    return feed.insist(({ outlet }) => outlet.push([itemOf(execution, [event])]));
  };
  const read = (more: Partial<FeedRead>) =>
    feed.insist(({ outlet }) => outlet.readLog({ after: 0, limit: 100, ...more }));
  /** Lets time pass while it is asked, for it waits for the cells. */
  const want = async (): Promise<number> => {
    const position = feed.insist(({ outlet }) => outlet.wantLog());
    await feed.runUntil(feed.clock.now() + 3_000);
    return position;
  };
  return { feed, wishes, since, told, push, read, want };
}

test("without a reader nothing is kept; with one, everything from then on, whatever the filters pass", async () => {
  const { feed, push, read, want } = feedWithCells();
  await push("exec_0");
  expect(feed.rows("SELECT * FROM sqlite_master")).toEqual([]);
  const from = await want();
  await push("exec_a", "step.started");
  await push("exec_b", "workflow.completed", "other");
  await push("exec_a", "workflow.completed");
  const ids = async (more: Partial<FeedRead>) =>
    (await read({ after: from, ...more })).events.map(({ event }) => `${event.execution_id} ${event.type}`);
  expect(await ids({})).toEqual(["exec_a step.started", "exec_b workflow.completed", "exec_a workflow.completed"]);
  expect(await ids({ types: [["workflow.*"]] })).toEqual(["exec_b workflow.completed", "exec_a workflow.completed"]);
  expect(await ids({ types: [["workflow.*"], ["step.*"]] })).toEqual([]);
  expect(await ids({ workflow: "other" })).toEqual(["exec_b workflow.completed"]);
  expect(await ids({ executionId: "exec_a" })).toHaveLength(2);
  const first = await read({ after: from, limit: 1 });
  expect(first).toMatchObject({ more: true, gap: false });
  const rest = await read({ after: first.position });
  expect(rest).toMatchObject({ more: false, gap: false });
  expect(rest.events).toHaveLength(2);
  // Over what a filter hides, the position goes on.
  expect((await read({ after: from, workflow: "nobody's" })).position).toBe(rest.position);
  expect(feed.logged).toHaveLength(3);
});

test("a repeat is kept once", async () => {
  const { feed, read, want } = feedWithCells();
  const from = await want();
  const item = itemOf("exec_a", [eventOf("exec_a", 1, "log", START), eventOf("exec_a", 2, "log", START)]);
  for (let times = 0; times < 3; times += 1) await feed.insist(({ outlet }) => outlet.push([item]));
  expect((await read({ after: from })).events.map(({ event }) => event.id)).toEqual([1, 2]);
});

test("an hour without a reader ends it; a position of before is told that there is a gap, one of now is not", async () => {
  const { feed, push, read, want } = feedWithCells();
  await want();
  await push("exec_a");
  const { position: old } = await read({});
  await feed.runUntil(START + 2 * HOUR_MS);
  expect(feed.rows("SELECT * FROM log")).toEqual([]);
  await push("exec_a");
  const from = await want();
  await push("exec_b");
  const back = await read({ after: old });
  expect(back.gap).toBe(true);
  expect(back.events.map(({ event }) => event.execution_id)).toEqual(["exec_b"]);
  expect((await read({ after: from })).gap).toBe(false);
  // A position that was never given hides nothing for long.
  const ahead = await read({ after: 1_000_000 });
  expect(ahead).toMatchObject({ gap: true, position: back.position, events: [] });
});

test("the first reader after a while is told what comes from its arrival on, not what a cell tells of before", async () => {
  const { feed, read, want } = feedWithCells();
  await want();
  for (const hours of [0, 2]) {
    await feed.runUntil(START + hours * HOUR_MS + MINUTE_MS);
    const came = feed.clock.now();
    const from = await want();
    const id = `exec_${hours}`;
    const at =
      hours === 0 ? [came - HOUR_MS, came - 30_000, came] : [came - MINUTE_MS, came - 6_000, came - 1_000, came];
    const item = itemOf(
      id,
      at.map((time, index) => eventOf(id, index + 1, "log", time)),
    );
    await feed.insist(({ outlet }) => outlet.push([item]));
    const seen = (await read({ after: from })).events.map(({ event }) => event.id);
    expect(seen).toEqual(hours === 0 ? [2, 3] : [3, 4]);
  }
});

test("a gap is told also when the alarm that ends the log has not rung yet", async () => {
  const { feed, push, read, want } = feedWithCells();
  feed.alarmLateMs = 5 * HOUR_MS;
  await want();
  await push("exec_a");
  const { position: old } = await read({});
  await feed.runUntil(START + 2 * HOUR_MS);
  await push("exec_missed");
  await want();
  await push("exec_b");
  expect(await read({ after: old })).toMatchObject({ gap: true, events: [{ event: { execution_id: "exec_b" } }] });
});

test("open sockets prolong it, without a gap", async () => {
  const { feed, push, read, want } = feedWithCells();
  const from = await want();
  feed.readers = 1;
  for (let hour = 1; hour <= 20; hour += 1) {
    await feed.runUntil(START + hour * HOUR_MS);
    await push("exec_a");
  }
  const page = await read({ after: from });
  expect(page.gap).toBe(false);
  expect(page.events).toHaveLength(20);
});

test("events go after a day, and their readers are told", async () => {
  const { feed, push, read, want } = feedWithCells();
  const from = await want();
  feed.readers = 1;
  for (let hour = 1; hour <= 30; hour += 1) {
    await push(`exec_${hour}`);
    await feed.runUntil(START + hour * HOUR_MS);
  }
  const page = await read({ after: from });
  expect(page.gap).toBe(true);
  expect(page.events.length).toBeGreaterThanOrEqual(23);
  expect(page.events.length).toBeLessThanOrEqual(25);
  expect(page.events.at(-1)?.event.execution_id).toBe("exec_30");
});

test("cells know what endpoints and readers want, each as soon as it can be reached, and are told once", async () => {
  let away = true;
  const { feed, wishes, told, want } = feedWithCells(() => away);
  const create = (id: string, types: string[]) =>
    feed.insist(({ webhooks }) => webhooks.create(endpointOf(id, types), "key_me"));
  await create("a", ["workflow.completed", "endpoint.disabled"]);
  await feed.runUntil(START + 5 * MINUTE_MS);
  expect(wishes.get("s0")).toEqual({ types: ["workflow.completed"] });
  expect(wishes.has("s1")).toBe(false);
  away = false;
  await feed.runUntil(START + 10 * MINUTE_MS);
  expect(wishes.get("s1")).toEqual({ types: ["workflow.completed"] });
  expect(told.sort()).toEqual(["s0", "s1"]);
  await create("b", ["step.*"]);
  await feed.runUntil(START + 11 * MINUTE_MS);
  expect(wishes.get("s0")).toMatchObject({ types: expect.arrayContaining(["workflow.completed", "step.failed"]) });
  await want();
  expect(wishes.get("s1")).toEqual({ types: "all" });
  for (const id of ["a", "b"]) await feed.insist(({ webhooks }) => webhooks.delete(id, "key_me"));
  await feed.runUntil(START + 3 * HOUR_MS);
  expect([...wishes.values()]).toEqual([null, null]);
  expect(await feed.insist(({ outlet }) => outlet.wish())).toMatchObject({ wish: null });
  expect(feed.hasAlarm).toBe(false);
});

test("a cell that missed one wish learns by the next since when something was wanted that it does not know", async () => {
  let away = true;
  const { feed, since } = feedWithCells(() => away);
  const create = (id: string, types: string[]) =>
    feed.insist(({ webhooks }) => webhooks.create(endpointOf(id, types), "key_me"));
  await create("a", ["workflow.completed"]);
  await feed.runUntil(START + 5 * MINUTE_MS);
  await create("b", ["step.*"]);
  away = false;
  await feed.runUntil(START + 10 * MINUTE_MS);
  expect(since.get("s1")).toBe(START);
  await create("c", ["log"]);
  await feed.runUntil(START + 15 * MINUTE_MS);
  expect(since.get("s1")).toBe(START + 10 * MINUTE_MS);
});
