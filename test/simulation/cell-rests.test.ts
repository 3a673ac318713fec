import { beforeEach, expect, test } from "vitest";
import type { StartCommand } from "../../contracts/rpc.ts";
import { CELL_MIGRATIONS } from "../../durable-objects/coordinator/migrations.ts";
import type { TenantPort } from "../../durable-objects/coordinator/tenant-port.ts";
import type { StepDefinition } from "../../engine/definition/types.ts";
import type { JsonObject } from "../../engine/json.ts";
import type { PlanSource } from "../../engine/plan/types.ts";
import type { ActionCall, ActionResult } from "../../engine/run/types.ts";
import { actionStep, ok, planOf } from "../../engine/testing.ts";
import { SimulatedObject, START, unlimitedLeases } from "./simulated-object.ts";

const MINUTE = 60_000;
const DAY_MS = 86_400_000;

type Answer = (call: ActionCall) => { result: ActionResult; afterMs: number } | null;

let answer: Answer;
let calls: string[];
let reports: string[];
let object: SimulatedObject;

function newObject(more: Partial<ConstructorParameters<typeof SimulatedObject>[0]> = {}): SimulatedObject {
  const made: SimulatedObject = new SimulatedObject({
    kill: () => false,
    plugin: (call, { executionId }) => {
      calls.push(`${executionId} ${call.path}`);
      return answer(call);
    },
    hint: () => made.cell.ackOutbox(made.cell.readOutbox(0, 1_000).last),
    report: (message, error) => reports.push(`${message}: ${String(error)}`),
    ...more,
  });
  return made;
}

beforeEach(() => {
  calls = [];
  reports = [];
  answer = (call) => ({ result: ok({ path: call.path }), afterMs: 5 });
  object = newObject();
});

const sleep = (id: string, ms: number): StepDefinition => ({ kind: "wait", id, duration: ms / 1_000 });
const sub = (workflow: string, fields: JsonObject = {}): StepDefinition => ({
  kind: "subworkflow",
  id: workflow,
  workflow,
  ...fields,
});

function source(steps: StepDefinition[], called: Record<string, StepDefinition[]> = {}): PlanSource {
  const { definition, pins } = planOf(steps);
  const workflows = Object.entries(called).map(([name, own]) => [`${name}@`, source(own)]);
  return { definition, pins, workflows: Object.fromEntries(workflows) };
}

function command(executionId: string, plan: PlanSource, more: Partial<StartCommand> = {}): StartCommand {
  return {
    executionId,
    tenantId: "ten_test",
    environment: "test",
    planDigest: JSON.stringify(plan),
    plan,
    inputs: {},
    mode: "async",
    actor: "key_test",
    ...more,
  };
}

async function passUntil(until: number): Promise<void> {
  const { clock } = object;
  let over = false;
  clock.at(until, () => {
    over = true;
  });
  while (!over) await object.step();
  for (let turns = 0; turns < 5; turns++) await new Promise((resolve) => setImmediate(resolve));
}

const pass = (ms: number): Promise<void> => passUntil(object.clock.now() + ms);

async function start(id: string, plan: PlanSource, more: Partial<StartCommand> = {}): Promise<void> {
  let kind: string | undefined;
  void object.cell.start(command(id, plan, more)).then((given) => {
    kind = given.kind;
  });
  // Where many are active, a commit takes a tick.
  while (kind === undefined) await pass(1);
  expect(kind).toBe("accepted");
}

const stored = (column: string, id: string): unknown =>
  object.database.prepare(`SELECT ${column} AS it FROM executions WHERE id = ?`).get(id)?.it;

test("an object whose executions all wait two days holds no timer and is woken once, when they are due", async () => {
  for (let index = 0; index < 20; index++)
    await start(`exec_${index}`, source([actionStep("a"), sleep("days", 2 * DAY_MS), actionStep("b")]));
  await pass(2 * MINUTE);
  expect([object.cell.unfinished, object.timers, object.hasAlarm]).toEqual([0, 0, true]);
  const { alarmsSet, writes } = object;
  await passUntil(START + 2 * DAY_MS - MINUTE);
  expect([object.alarmsSet - alarmsSet, object.writes - writes, object.timers]).toEqual([0, 0, 0]);
  await pass(5 * MINUTE);
  expect(calls.filter((call) => call.endsWith(" b"))).toHaveLength(20);
  expect(await object.cell.get("exec_7")).toMatchObject({ status: "completed" });
  expect([object.cell.unfinished, object.timers, object.hasAlarm]).toEqual([0, 0, false]);
});

test("more sleepers than one alarm brings back are all brought back", async () => {
  const plan = source([sleep("days", DAY_MS)]);
  await Promise.all(Array.from({ length: 450 }, (_, index) => start(`exec_${index}`, plan)));
  await pass(DAY_MS + 5 * MINUTE);
  const left = object.database.prepare("SELECT count(*) AS n FROM executions WHERE finished_at IS NULL").get();
  expect(left).toMatchObject({ n: 0 });
});

test("reading a sleeping execution leaves it asleep; a long-poll wakes it, and then it sleeps again", async () => {
  await start("exec_a", source([actionStep("a"), sleep("days", 2 * DAY_MS)]));
  await pass(2 * MINUTE);
  const { writes, alarmsSet } = object;
  expect(await object.cell.get("exec_a")).toMatchObject({ status: "waiting" });
  expect(await object.cell.getStep("exec_a", "a")).toMatchObject({ status: "completed" });
  expect(object.cell.isLive("exec_a")).toBe(true);
  expect([object.writes - writes, object.alarmsSet - alarmsSet, object.cell.unfinished]).toEqual([0, 0, 0]);
  const polled = object.cell.get("exec_a", 30_000);
  expect(object.cell.unfinished).toBe(1);
  await pass(31_000);
  expect(await polled).toMatchObject({ status: "waiting" });
  expect([object.cell.unfinished, stored("asleep", "exec_a")]).toEqual([0, 1]);
  await pass(2 * MINUTE);
  expect(object.timers).toBe(0);
});

test.each([
  ["late", { result: ok(1), afterMs: 20_000 }],
  ["never", null],
])("a call that was given up and is answered %s does not keep its execution in memory", async (_when, given) => {
  answer = (call) => (call.stepId === "stuck" ? given : { result: ok(1), afterMs: 5 });
  const race: StepDefinition = {
    kind: "parallel",
    id: "race",
    branches: { stuck: [actionStep("stuck", { timeoutMs: 30_000 })], quick: [actionStep("quick")] },
    join: "any",
  };
  await start("exec_a", source([race, sleep("days", 2 * DAY_MS)]));
  await pass(5 * MINUTE);
  expect([object.cell.unfinished, stored("asleep", "exec_a"), object.timers]).toEqual([0, 1, 0]);
});

/** A tenant object that answers at once, but for what a test says. */
function tenantOf(more: Partial<TenantPort>): TenantPort {
  return {
    acquireSlot: async () => ({ kind: "granted" }),
    releaseSlot: async () => undefined,
    slotPosition: async () => null,
    awaitEvent: async () => null,
    forgetWait: async () => undefined,
    askLeases: async (question) => unlimitedLeases(question),
    ...more,
  };
}

const PAID = { id: "evt_1", name: "paid", key: "k", payload: { sum: 7 }, expiresAt: START + DAY_MS };
const awaitsPayment: StepDefinition = { kind: "wait", id: "paid", until: { event: "paid", key: "k" } };

test("a wait whose tenant object cannot be reached is told to it until it answers, and takes what was kept", async () => {
  let tries = 0;
  const awaitEvent = async () => {
    tries += 1;
    if (tries < 7) throw new Error("the tenant object cannot be reached");
    return PAID;
  };
  object = newObject({ tenant: tenantOf({ awaitEvent }) });
  await start("exec_a", source([awaitsPayment]));
  await pass(5 * MINUTE);
  expect([tries, stored("status", "exec_a")]).toEqual([7, "completed"]);
});

test("an execution does not fall asleep over an answer that is on its way", async () => {
  const awaitEvent = async () => {
    await new Promise<void>((resolve) => object.clock.at(object.clock.now() + MINUTE, resolve));
    return PAID;
  };
  object = newObject({ tenant: tenantOf({ awaitEvent }) });
  await start("exec_a", source([awaitsPayment]));
  await pass(5 * MINUTE);
  expect(stored("status", "exec_a")).toBe("completed");
});

test("a delayed execution with a concurrency key asks for its slot when its time has come", async () => {
  const asked: number[] = [];
  const acquireSlot = async () => {
    asked.push(object.clock.now());
    return asked.length < 2 ? { kind: "queued" as const, position: 1 } : { kind: "granted" as const };
  };
  object = newObject({ tenant: tenantOf({ acquireSlot }) });
  const concurrency = { key: "c", limit: 1, strategy: "queue" as const };
  await start("exec_a", source([actionStep("a")]), { concurrency, startAt: START + DAY_MS });
  await pass(DAY_MS - MINUTE);
  expect([asked, object.cell.unfinished]).toEqual([[], 0]);
  await pass(5 * MINUTE);
  expect([asked.length, stored("status", "exec_a"), stored("asleep", "exec_a")]).toEqual([1, "pending", 1]);
  await object.cell.act("exec_a", { type: "release" });
  await pass(MINUTE);
  expect(stored("status", "exec_a")).toBe("completed");
});

test("two starts with one key that both ask for a slot begin one execution", async () => {
  const asked: string[] = [];
  const acquireSlot = async (id: string) => {
    asked.push(id);
    await new Promise<void>((resolve) => object.clock.at(object.clock.now() + 10, resolve));
    return { kind: "granted" as const };
  };
  object = newObject({ tenant: tenantOf({ acquireSlot }) });
  const plan = source([actionStep("a")]);
  const more = {
    idempotency: { key: "k", bodyHash: "h" },
    concurrency: { key: "c", limit: 1, strategy: "queue" as const },
  };
  const answers = Promise.all(["exec_1", "exec_2", "exec_3"].map((id) => object.cell.start(command(id, plan, more))));
  await pass(1_000);
  expect((await answers).map((given) => given.kind === "accepted" && given.executionId)).toEqual([
    "exec_1",
    "exec_1",
    "exec_1",
  ]);
  expect([asked, calls]).toEqual([["exec_1"], ["exec_1 a"]]);
});

test("a key that comes with another body is a conflict, while its start is under way and after a kill; with its own, the same execution", async () => {
  const plan = source([actionStep("a"), sleep("z", MINUTE)]);
  const keyed = (bodyHash: string): Partial<StartCommand> => ({ idempotency: { key: "k", bodyHash } });
  const begin = (id: string, bodyHash: string) => object.cell.start(command(id, plan, keyed(bodyHash)));
  const together = Promise.all([begin("exec_1", "h"), begin("exec_2", "other"), begin("exec_3", "h")]);
  await pass(1_000);
  const [first, other, again] = await together;
  expect(first).toMatchObject({ kind: "accepted", executionId: "exec_1" });
  expect(other).toMatchObject({ kind: "conflict" });
  expect(again).toMatchObject({ kind: "accepted", executionId: "exec_1", replayed: true });
  object.kill();
  expect(await begin("exec_4", "other")).toMatchObject({ kind: "conflict" });
  expect(await begin("exec_5", "h")).toMatchObject({ kind: "accepted", executionId: "exec_1", replayed: true });
  await pass(2 * MINUTE);
  expect(stored("status", "exec_1")).toBe("completed");
});

test("a parent that cannot be stored any more takes the executions of its steps with it", async () => {
  const big = "x".repeat(700_000);
  const thrice = { a: "{{ inputs.big }}", b: "{{ inputs.big }}", c: "{{ inputs.big }}" };
  const both: StepDefinition = {
    kind: "parallel",
    id: "both",
    branches: { child: [sub("endless")], big: [sleep("some", MINUTE), actionStep("a", { input: thrice })] },
    join: "all",
  };
  await start("exec_a", source([both], { endless: [sleep("days", 2 * DAY_MS)] }), { inputs: { big } });
  await pass(5 * MINUTE);
  expect(stored("status", "exec_a")).toBe("failed");
  const children = object.database.prepare("SELECT status FROM executions WHERE parent = 'exec_a'").all();
  expect(children).toEqual([expect.objectContaining({ status: "canceled" })]);
  expect([object.cell.unfinished, reports.length]).toEqual([0, 1]);
});

test("an execution whose step was given up in the moment of a kill is canceled after the restart", async () => {
  const isGivenUp = "SELECT 1 FROM log WHERE execution = 'exec_a' AND events LIKE '%step.canceled%'";
  object = newObject({
    kill: (point) =>
      point === "after commit" && object.kills === 0 && object.database.prepare(isGivenUp).all().length > 0,
  });
  const race: StepDefinition = {
    kind: "parallel",
    id: "race",
    branches: { slow: [sub("endless")], quick: [sleep("some", MINUTE)] },
    join: "any",
  };
  await start("exec_a", source([race, sleep("more", DAY_MS)], { endless: [sleep("days", 2 * DAY_MS)] }));
  await pass(10 * MINUTE);
  const child = stored("status", "exec_a/1:race.endless#1");
  expect([object.kills, child, stored("asleep", "exec_a")]).toEqual([1, "canceled", 1]);
});

test("the limit of a subworkflow step counts from its attempt, though its execution slept and was brought back", async () => {
  const limited = sub("endless", { timeoutMs: 10 * MINUTE, retry: { maxAttempts: 1 } });
  await start("exec_a", source([limited], { endless: [sleep("days", 2 * DAY_MS)] }));
  await pass(3 * MINUTE);
  expect(stored("asleep", "exec_a")).toBe(1);
  void object.cell.get("exec_a", 1_000);
  await pass(3 * MINUTE);
  object.kill();
  void object.cell.get("exec_a", 1_000);
  await pass(5 * MINUTE);
  expect(stored("status", "exec_a")).toBe("failed");
  expect(Number(stored("finished_at", "exec_a")) - START).toBeLessThan(10 * MINUTE + 10_000);
});

test("an execution that cannot be read stops neither its cell nor those it shares a commit with", async () => {
  const parent = source([sub("child")], { child: [sleep("some", 10 * MINUTE)] });
  await start("exec_orphaned", parent);
  await start("exec_broken", parent);
  await pass(2 * MINUTE);
  object.database.exec(`
    UPDATE executions SET finished_at = 1, status = 'canceled', asleep = 0 WHERE id = 'exec_orphaned';
    UPDATE log SET events = '[' WHERE execution IN ('exec_broken', 'exec_orphaned/1:child#1')`);
  object.kill();
  const plan = source([sleep("some", 8 * MINUTE - 30), actionStep("b")]);
  await Promise.all(Array.from({ length: 10 }, (_, index) => start(`exec_good${index}`, plan)));
  await pass(20 * MINUTE);
  for (let index = 0; index < 10; index++) expect(stored("status", `exec_good${index}`)).toBe("completed");
  expect(stored("status", "exec_broken/1:child#1")).toBe("completed");
  expect(reports.join()).toContain("exec_broken could not be revived");
  expect(reports.join()).toContain("exec_orphaned/1:child#1 could not be revived");
});

test("a deployment's step limit holds for the executions of steps, too", async () => {
  const child = [actionStep("a", { forEach: "{{ range(20) }}" })];
  await start("exec_a", source([sub("child", { retry: { maxAttempts: 1 } })], { child }), { maxSteps: 10 });
  await pass(MINUTE);
  const record = await object.cell.get("exec_a");
  expect(record?.error).toMatchObject({ code: "QUOTA_EXCEEDED", details: { limit: "steps", max: 10 } });
});

test("storage of the first shape, with executions under way, goes on in the newest", async () => {
  answer = (call) => (call.stepId === "hang" ? null : { result: ok({ path: call.path }), afterMs: 5 });
  await start("exec_done", source([actionStep("a")]));
  await start("exec_open", source([actionStep("a"), actionStep("hang"), actionStep("b")]));
  await pass(1_000);
  const old = object.database;
  object = newObject();
  object.database.exec("CREATE TABLE migrations (id INTEGER PRIMARY KEY) WITHOUT ROWID");
  object.database.exec(CELL_MIGRATIONS[0]?.sql ?? "");
  object.database.exec("INSERT INTO migrations (id) VALUES (1)");
  for (const table of ["plans", "executions", "log", "idempotency", "facts"]) {
    for (const row of old.prepare(`SELECT * FROM ${table}`).all()) {
      const { asleep: _asleep, due: _due, parent: _parent, fed: _fed, metered: _metered, ...columns } = row;
      const names = Object.keys(columns);
      const places = names.map(() => "?").join(", ");
      const insert = object.database.prepare(`INSERT INTO ${table} (${names.join(", ")}) VALUES (${places})`);
      insert.run(...Object.values(columns));
    }
  }
  calls = [];
  answer = (call) => ({ result: ok({ path: call.path }), afterMs: 5 });
  expect(await object.cell.get("exec_done")).toMatchObject({ status: "completed" });
  await pass(1_000);
  expect(await object.cell.get("exec_open")).toMatchObject({ status: "completed" });
  expect(calls).toEqual(["exec_open hang", "exec_open b"]);
  await start("exec_new", source([sub("child")], { child: [sleep("some", MINUTE)] }));
  await pass(5 * MINUTE);
  expect(await object.cell.get("exec_new")).toMatchObject({ status: "completed" });
  expect(reports).toEqual([]);
});
