import { beforeEach, expect, test, vi } from "vitest";
import type { StartCommand } from "../../contracts/rpc.ts";
import type { StepDefinition, WorkflowDefinition } from "../../engine/definition/types.ts";
import type { ActionCall, ActionResult } from "../../engine/run/types.ts";
import { actionStep, ok, planOf } from "../../engine/testing.ts";
import { SimulatedObject } from "./simulated-object.ts";

type Answer = (call: ActionCall) => { result: ActionResult; afterMs: number } | null;

let answer: Answer;
let reports: string[];
let hints: number;
let object: SimulatedObject;

beforeEach(() => {
  reports = [];
  hints = 0;
  answer = (call) => ({ result: ok(call.input), afterMs: 1 });
  object = new SimulatedObject({
    kill: () => false,
    plugin: (call) => answer(call),
    hint: () => {
      hints += 1;
    },
    report: (message, error) => reports.push(`${message}: ${String(error)}`),
  });
});

function command(id: string, steps: StepDefinition[], fields: Partial<WorkflowDefinition> = {}): StartCommand {
  const { definition, pins } = planOf(steps, fields);
  return {
    executionId: id,
    tenantId: "ten_test",
    environment: "test",
    planDigest: JSON.stringify(definition),
    plan: { definition, pins },
    inputs: { n: 1 },
    mode: "async",
    actor: "key_test",
  };
}

/** Lets everything happen up to `ms` from now, and waits for `promise`. */
async function within<T>(promise: Promise<T>, ms = 200_000): Promise<T> {
  const until = object.clock.now() + ms;
  let over = false;
  const done = promise.finally(() => {
    over = true;
  });
  done.catch(() => undefined);
  while (!over && object.clock.now() < until) {
    if (!(await object.step()) && !over) await new Promise((resolve) => setImmediate(resolve));
  }
  if (!over) throw new Error("nothing came of it");
  return done;
}

const ended = (id: string) => within(object.cell.get(id, 100_000));
const big = "x".repeat(700_000);
const thrice = { a: "{{ inputs.big }}", b: "{{ inputs.big }}", c: "{{ inputs.big }}" };

test("an object that is only asked writes nothing and sets no alarm", async () => {
  const { cell } = object;
  expect(await cell.get("exec_none")).toBeNull();
  expect(await cell.get("exec_none", 50)).toBeNull();
  expect(await cell.getStep("exec_none", "a")).toBeNull();
  expect(await cell.act("exec_none", { type: "cancel" })).toBeNull();
  expect(cell.readOutbox(0, 10)).toEqual({ rows: [], last: 0, metered: [], more: false });
  cell.ackOutbox(7);
  cell.onAlarm();
  expect([object.writes, object.alarmsSet]).toEqual([0, 0]);
});

test("a start whose first step is too large to store is accepted and fails by name", async () => {
  const start = { ...command("exec_big", [actionStep("a", { input: thrice })]), inputs: { big } };
  expect(await within(object.cell.start(start))).toMatchObject({ kind: "accepted", executionId: "exec_big" });
  expect(await ended("exec_big")).toMatchObject({
    status: "failed",
    inputs: { big },
    error: { code: "PAYLOAD_TOO_LARGE", details: { limit: "payload_bytes" } },
  });
  const sync = await within(object.cell.start({ ...start, executionId: "exec_sync", waitMs: 1_000 }));
  expect(sync).toMatchObject({ kind: "finished", record: { status: "failed" } });
});

test("one execution that cannot be stored harms none of those it shares a commit with", async () => {
  const good = Array.from({ length: 12 }, (_, index) =>
    command(`exec_good${index}`, [actionStep("a"), actionStep("b")]),
  );
  const bad = { ...command("exec_bad", [actionStep("a"), actionStep("b", { input: thrice })]), inputs: { big } };
  const answers = await within(
    Promise.all([...good, bad].map((start) => object.cell.start({ ...start, waitMs: 5_000 }))),
  );
  const statuses = answers.map((given) => (given.kind === "finished" ? given.record.status : given.kind));
  expect(statuses).toEqual([...good.map(() => "completed"), "failed"]);
});

test("an execution that can neither be stored nor read again harms none of those it shares a commit with", async () => {
  const good = Array.from({ length: 12 }, (_, index) =>
    command(`exec_good${index}`, [actionStep("a"), actionStep("b")]),
  );
  const bad = command("exec_bad", [actionStep("a"), actionStep("b")]);
  object.failsOn = (query, [id, seq]) =>
    (query.startsWith("INSERT INTO log") && id === "exec_bad" && Number(seq) > 1) ||
    (query.includes("FROM log") && id === "exec_bad");
  const waiting = [bad, ...good].map((start) => object.cell.start({ ...start, waitMs: 5_000 }));
  const answers = await within(Promise.all(waiting));
  const statuses = answers.map((given) => (given.kind === "finished" ? given.record.status : given.kind));
  expect(statuses.slice(1)).toEqual(good.map(() => "completed"));
  expect(reports.join()).toContain("exec_bad could not be revived");
});

test("a start that cannot be stored at all answers an error, is not there, and leaves its key free", async () => {
  object.failsOn = (query) => query.startsWith("INSERT INTO executions");
  const keyed = { ...command("exec_no", [actionStep("a")]), idempotency: { key: "k", bodyHash: "h" }, waitMs: 1_000 };
  const starts = [object.cell.start(keyed), object.cell.start(keyed)];
  const reads = [object.cell.get("exec_no"), object.cell.get("exec_no", 1_000)];
  for (const given of await within(Promise.allSettled(starts))) {
    expect(given).toMatchObject({ status: "rejected", reason: { message: expect.stringContaining("not be stored") } });
  }
  expect(await within(Promise.all(reads))).toEqual([null, null]);
  object.failsOn = undefined;
  const again = await within(object.cell.start({ ...keyed, executionId: "exec_yes" }));
  expect(again).toMatchObject({ kind: "finished", replayed: false, record: { status: "completed" } });
});

test("a disk that refuses the tables fails the start, and the next one finds them made", async () => {
  object.failsOn = (query) => query.includes("CREATE TABLE plans");
  const start = command("exec_first", [actionStep("a")]);
  await expect(within(object.cell.start(start))).rejects.toThrow("could not be stored");
  object.failsOn = undefined;
  await within(object.cell.start({ ...start, executionId: "exec_second" }));
  expect(await ended("exec_second")).toMatchObject({ status: "completed" });
});

test("when all is read and acknowledged the alarm is not set again, whatever failed before", async () => {
  await within(object.cell.start(command("exec_yes", [actionStep("a")])));
  await ended("exec_yes");
  object.failsOn = (query, [id]) => query.startsWith("INSERT INTO executions") && id === "exec_no";
  await within(object.cell.start(command("exec_no", [actionStep("a")])).catch(() => undefined));
  const page = object.cell.readOutbox(0, 100);
  object.cell.ackOutbox(page.last);
  for (let steps = 0; steps < 1_000 && object.hasAlarm; steps++) await object.step();
  expect(object.hasAlarm).toBe(false);
});

test("while the sink says nothing the alarm tells it once a minute", async () => {
  await within(object.cell.start(command("exec_a", [actionStep("a")])));
  await ended("exec_a");
  const [before, alarms] = [hints, object.alarmsSet];
  const until = object.clock.now() + 10 * 60_000;
  while (object.clock.now() < until && (await object.step()));
  expect(hints - before).toBeGreaterThanOrEqual(9);
  expect(object.alarmsSet - alarms).toBeLessThanOrEqual(11);
});

test("an alarm that fails to clean up is set again", async () => {
  await within(object.cell.start(command("exec_a", [actionStep("hang")])));
  object.failsOn = (query) => query.startsWith("DELETE");
  const before = object.alarmsSet;
  expect(() => object.cell.onAlarm()).toThrow("the disk refused");
  expect(object.alarmsSet).toBe(before + 1);
});

test("a workflow's timeout holds while its calls wait behind the limit and every tick is full of others", async () => {
  answer = (call) => (call.stepId === "hang" ? null : { result: ok(1), afterMs: 1 });
  const busy = actionStep("busy", { forEach: "{{ range(2000) }}" });
  for (let index = 0; index < 6; index++) void object.cell.start(command(`exec_busy${index}`, [busy]));
  const fan = actionStep("hang", { forEach: "{{ range(300) }}", parallel: true });
  const answers = await within(
    Promise.all(
      Array.from({ length: 40 }, (_, index) =>
        object.cell.start({ ...command(`exec_${index}`, [fan], { timeoutMs: 100 + index }), waitMs: 60_000 }),
      ),
    ),
  );
  const statuses = answers.map((given) => (given.kind === "finished" ? given.record.status : given.kind));
  expect(new Set(statuses)).toEqual(new Set(["timed_out"]));
});

test("a cancel and a completion in one tick have one winner, the same for everybody", async () => {
  for (let index = 0; index < 40; index++) {
    const id = `exec_${index}`;
    const sync = object.cell.start({ ...command(id, [actionStep("a"), actionStep("b")]), waitMs: 5_000 });
    await within(new Promise<void>((resolve) => object.clock.at(object.clock.now() + (index % 4), resolve)));
    const canceled = await within(object.cell.act(id, { type: "cancel", actor: "key" }));
    const given = await within(sync);
    const record = await within(object.cell.get(id));
    expect(canceled?.ok).toBe(record?.status === "canceled");
    expect(given.kind === "finished" && given.record.status).toBe(record?.status);
  }
});

test("what is read again from disk equals what was answered from memory, its times included", async () => {
  const jumpy = vi.spyOn(object.clock, "now");
  let drift = 0;
  const start = object.clock.now();
  jumpy.mockImplementation(() => start + drift++);
  const fan = actionStep("a", { forEach: "{{ range(30) }}", parallel: true });
  const given = object.cell.start({ ...command("exec_a", [fan]), waitMs: 60_000 });
  for (let turns = 0; turns < 200; turns++) await object.step();
  jumpy.mockRestore();
  const lived = await within(given);
  object.kill();
  const folded = await within(object.cell.get("exec_a"));
  expect(lived).toMatchObject({ kind: "finished", record: folded });
});

test.each([3 * 3_600_000, -3 * 3_600_000])(
  "a clock that is set by %i ms loses no timer and starts none early",
  async (by) => {
    const tries: number[] = [];
    answer = (call) => {
      tries.push(object.clock.now());
      const failed = { ok: false as const, error: { code: "UNAVAILABLE" as const, message: "no" } };
      return { result: call.attempt < 3 ? failed : ok(1), afterMs: 5 };
    };
    const retry = { initialDelayMs: 400, jitter: false, backoff: "fixed" as const };
    await within(object.cell.start(command("exec_a", [actionStep("a", { retry })])));
    await within(new Promise<void>((resolve) => object.clock.at(object.clock.now() + 20, resolve)));
    object.skewMs = by;
    const record = await within(object.cell.get("exec_a", 10 * 3_600_000), 11 * 3_600_000);
    expect(record?.status).toBe("completed");
    expect((tries[1] ?? 0) - (tries[0] ?? 0)).toBeGreaterThanOrEqual(by > 0 ? 0 : 400);
  },
);

test("an execution that holds more than an object can bear fails by name, also when it grew before a restart", async () => {
  const outputs = 16;
  let calls = 0;
  answer = () => {
    calls += 1;
    if (calls === outputs / 2) object.kill();
    return { result: ok("y".repeat(1_000_000)), afterMs: 1 };
  };
  const loop = actionStep("a", { forEach: "{{ range(100) }}" });
  await within(object.cell.start(command("exec_fat", [loop])));
  while (object.kills === 0) await object.step();
  await within(object.cell.start(command("exec_thin", [actionStep("b")])));
  const record = await ended("exec_fat");
  expect(record?.error).toMatchObject({
    code: "PAYLOAD_TOO_LARGE",
    details: { limit: "log_bytes", max: 16_777_216 },
  });
  expect(calls).toBeLessThan(outputs + 8);
  expect(await ended("exec_thin")).toMatchObject({ status: "completed" });
});

test("an execution whose steps never wait for the world lets others be heard between them", async () => {
  await within(
    object.cell.start({ ...command("exec_a", [actionStep("a", { forEach: "{{ range(200) }}" })]), waitMs: 5_000 }),
  );
  expect(object.ticks).toBeGreaterThanOrEqual(5);
  expect(object.ticks).toBeLessThan(20);
});

test("after ten thousand executions nothing of them is left in memory", { timeout: 60_000 }, async () => {
  const plan = command("exec_x", [actionStep("a")]);
  for (let block = 0; block < 50; block++) {
    const starts = Array.from({ length: 200 }, (_, index) =>
      object.cell.start({ ...plan, executionId: `exec_${block}_${index}`, waitMs: 5_000 }),
    );
    const answers = await within(Promise.all(starts));
    expect(answers.every(({ kind }) => kind === "finished")).toBe(true);
    object.cell.ackOutbox(object.cell.readOutbox(0, 100_000).last);
  }
  expect(object.cell.unfinished).toBe(0);
  for (let steps = 0; steps < 10_000 && object.hasAlarm; steps++) await object.step();
  for (let steps = 0; steps < 100; steps++) await object.step();
  expect(await object.step()).toBe(false);
});
