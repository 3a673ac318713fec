import { expect, test } from "vitest";
import { objectWith } from "./object-with.ts";
import { OWNER, SimulatedTriggers, START, storedTrigger } from "./simulated-triggers.ts";

/* A triggers object over long outages, long runs and changes of a trigger that has something in hand. */

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
/** START is noon, UTC. */
const NOON = START;

test("the execution that still goes on is known after any number of due times that were skipped for it", async () => {
  const previous: (string | undefined)[] = [];
  const { object, put } = objectWith((firing) => {
    previous.push(firing.previous);
    if (firing.previous === undefined) return { kind: "started", executionId: "exec_first" };
    return { kind: "skipped", message: "The execution before still goes on." };
  });
  await put("a", { type: "schedule", cron: "* * * * *", overlap: "skip" });
  await object.runUntil(NOON + 30 * MINUTE_MS + 1_000);
  expect(previous).toEqual([undefined, ...Array.from({ length: 29 }, () => "exec_first")]);
  const { a } = (await object.ask((board) => board.states(["a"]))) ?? {};
  expect(a?.runs).toHaveLength(21);
  expect(a?.runs.at(-1)).toMatchObject({ status: "started", executionId: "exec_first" });
});

test("a start whose answer a dead object never got is not asked for again a day later, when its key is forgotten", async () => {
  const asked: number[] = [];
  const object: SimulatedTriggers = new SimulatedTriggers({
    kill: () => false,
    async start(firings) {
      asked.push(object.clock.now());
      await object.pause(5_000);
      return firings.map(({ key }) => ({ kind: "started", executionId: key }));
    },
  });
  await object.ask((board) => board.put(OWNER, [storedTrigger("a", { type: "schedule", cron: "1 12 20 11 *" })]));
  await object.runUntil(NOON + MINUTE_MS + 1_000);
  object.goDown(25 * HOUR_MS);
  await object.runUntil(NOON + 27 * HOUR_MS);
  expect(asked).toEqual([NOON + MINUTE_MS]);
  const { a } = (await object.ask((board) => board.states(["a"]))) ?? {};
  expect(a).toMatchObject({ waiting: 0, runs: [{ status: "refused", error: { code: "TIMEOUT" } }] });
});

test("what never reached a cell is asked for again however long it has waited", async () => {
  const { object, starts, put } = objectWith((firing, now) =>
    now < NOON + 30 * HOUR_MS
      ? { kind: "later", reached: false, message: "Postgres is down" }
      : { kind: "started", executionId: firing.key },
  );
  await put("a", { type: "schedule", cron: "1 12 20 11 *" });
  await object.runUntil(NOON + 31 * HOUR_MS);
  expect(starts).toHaveLength(1);
});

test("events that a batch has collected each start one when the trigger collects no more", async () => {
  const { object, starts, put, publish } = objectWith();
  await put("a", { type: "event", event: "paid", batch: { max_size: 10, timeout: "60s" } });
  for (const id of ["e1", "e2", "e3"]) await publish(id, { id });
  await put("a", { type: "event", event: "paid" }, { revision: 2 });
  await publish("e4", { id: "e4" });
  await object.runUntil(NOON + 2 * MINUTE_MS);
  expect(starts.map(({ trigger }) => trigger.event_id).toSorted()).toEqual(["e1", "e2", "e3", "e4"]);
  expect(starts.map(({ trigger }) => trigger.count)).toEqual([undefined, undefined, undefined, undefined]);
});

test("events that a batch has collected are not replaced by those of a debounce that takes its place", async () => {
  const { object, starts, put, publish } = objectWith();
  await put("a", { type: "event", event: "paid", batch: { max_size: 10, timeout: "60s" } });
  for (const id of ["e1", "e2"]) await publish(id, { id });
  await put("a", { type: "event", event: "paid", debounce: { period: "10s", timeout: "60s" } }, { revision: 2 });
  for (const id of ["e3", "e4"]) await publish(id, { id });
  await object.runUntil(NOON + 2 * MINUTE_MS);
  expect(starts.map(({ trigger }) => trigger.event_id).toSorted()).toEqual(["e1", "e2", "e4"]);
});
