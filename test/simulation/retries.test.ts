import { expect, test } from "vitest";
import type { ActFact } from "../../contracts/usage.ts";
import type { StepDefinition } from "../../engine/definition/types.ts";
import type { PlanSource } from "../../engine/plan/types.ts";
import type { ActionCall, ActionResult } from "../../engine/run/types.ts";
import { actionStep, failed, ok, planOf } from "../../engine/testing.ts";
import { ACTED_ON, ActingSchedule } from "./acting-schedule.ts";

const SCHEDULES = Number(process.env.SCHEDULES ?? 16);
const once = { retry: { maxAttempts: 1 } };

/** Fails at `down` and at one iteration of `each`, in the first run attempt. */
const STEPS = [
  actionStep("first", { input: 1 }),
  actionStep("each", { forEach: "{{ range(6) }}", parallel: true, maxConcurrency: 3, input: "{{ item }}", ...once }),
  actionStep("down", { input: "{{ steps.first.output }}", ...once }),
];
const SOURCE = sourceOf("1.0.0", STEPS);
/** Has a step more, before the one that fails. */
const NEWER = sourceOf("2.0.0", [...STEPS.slice(0, 2), actionStep("added", { input: 7 }), ...STEPS.slice(2)]);

function sourceOf(version: string, steps: StepDefinition[]): PlanSource {
  const outputs = { all: { value: "{{ steps.each.output }}" }, last: { value: "{{ steps.down.output }}" } };
  const { definition, pins } = planOf(steps, {
    version,
    ...(steps.some(({ id }) => id === "each") ? { outputs } : {}),
  });
  return { definition, pins };
}

function answerTo({ path, idempotencyKey, input }: ActionCall): ActionResult {
  const broken = path === "each[2]" || path === "down";
  return broken && idempotencyKey.startsWith(`${ACTED_ON}:1:`) ? failed("BACKEND_ERROR") : ok(input);
}

function retry(schedule: ActingSchedule, key: string, newer: boolean) {
  const act = { key, body: "same" };
  const plan = newer ? "two" : undefined;
  const command = { type: "retry" as const, actor: "key_retrier", act, plan };
  return schedule.ask((cell) => cell.act(ACTED_ON, command, newer ? NEWER : undefined));
}

async function play(seed: number): Promise<number> {
  const newer = seed % 2 === 0;
  const schedule = new ActingSchedule(seed, answerTo);
  await schedule.start(SOURCE);
  await schedule.until("failed", 1);
  expect(await retry(schedule, "again", newer)).toMatchObject({ ok: true, value: { run_attempt: 2 } });
  await schedule.until("completed", 2);
  // The answer was lost, perhaps: asked once more, nothing happens once more.
  expect(await retry(schedule, "again", newer)).toMatchObject({ ok: true, value: { run_attempt: 2 } });
  const { head, plan, state } = schedule.stored();
  const events = [...schedule.object.storage.log(ACTED_ON)];
  const name = `seed ${seed}`;
  expect(state, name).toMatchObject({ status: "completed", outputs: { all: [0, 1, 2, 3, 4, 5], last: 1 } });
  expect([head.runAttempt, plan.definition.version], name).toEqual([2, newer ? "2.0.0" : "1.0.0"]);
  expect(
    events.map(({ seq }) => seq),
    name,
  ).toEqual(events.map((_, index) => index + 1));
  expect(events.filter(({ type }) => type === "workflow.retried").length, name).toBe(1);
  // What was completed in the first attempt was called in it alone.
  const settledFirst = new Set<string>();
  for (const event of events) {
    if (event.type === "workflow.retried") break;
    if (event.type === "step.completed") settledFirst.add(event.path);
  }
  expect(settledFirst.has("first"), name).toBe(true);
  for (const path of settledFirst) expect(schedule.calls, name).not.toContain(`${ACTED_ON}:2:${path}`);
  // Usage is what the log says was used, once; and nobody holds a place among the running.
  const used = events.filter((event) => "usage" in event && event.usage !== undefined).length;
  expect(state.usage.stepRuns, name).toBe(used);
  expect(JSON.parse(schedule.object.storage.fact("allowances") ?? "{}").accounts.concurrent_executions[0], name).toBe(
    0,
  );
  const page = schedule.object.cell.readOutbox(0, 10);
  const row: { status: string; runAttempt: number; acts: ActFact[] } = JSON.parse(page.rows[0] ?? "{}");
  expect(row, name).toMatchObject({
    status: "completed",
    runAttempt: 2,
    acts: [{ actor: "key_retrier", action: "execution.retried" }],
  });
  return schedule.object.kills;
}

test(`${SCHEDULES} schedules of kills around a retry: it happens once, keeps what was done, and counts exactly`, async () => {
  let kills = 0;
  for (let seed = 1; seed <= SCHEDULES; seed++) kills += await play(seed);
  expect(kills).toBeGreaterThan(SCHEDULES);
}, 120_000);

const GATE: StepDefinition = { kind: "wait", id: "gate", until: { event: "go" } };
const WAITING = sourceOf("1.0.0", [actionStep("first"), GATE, actionStep("last", { input: "{{ inputs.x }}" })]);
const MIGRATED = sourceOf("2.0.0", [actionStep("first"), GATE, actionStep("added"), actionStep("last", { input: 5 })]);

async function migrate(seed: number): Promise<number> {
  const schedule = new ActingSchedule(seed, ({ input }) => ok(input));
  await schedule.start(WAITING);
  await schedule.until("waiting", 1);
  const command = { digest: "two", source: MIGRATED, actor: "key_mover", act: { key: "k", body: "same" } };
  expect(await schedule.ask((cell) => cell.migrate(ACTED_ON, { ...command, dryRun: true }))).toMatchObject({
    value: { compatible: true, migrated: false, from: "1.0.0", to: "2.0.0" },
  });
  for (let times = 0; times < 2; times++)
    expect(await schedule.ask((cell) => cell.migrate(ACTED_ON, command))).toMatchObject({ value: { migrated: true } });
  const signal = { type: "signal" as const, name: "go", payload: 1, id: "once" };
  expect(await schedule.ask((cell) => cell.act(ACTED_ON, signal))).toMatchObject({ ok: true });
  await schedule.until("completed", 1);
  const { plan, state } = schedule.stored();
  const events = [...schedule.object.storage.log(ACTED_ON)];
  const name = `seed ${seed}`;
  expect(plan.definition.version, name).toBe("2.0.0");
  expect(events.filter(({ type }) => type === "workflow.migrated").length, name).toBe(1);
  expect(state.instances.get("last")?.output, name).toBe(5);
  const called = new Set(schedule.calls);
  expect([...called], name).toEqual(["first", "added", "last"].map((path) => `${ACTED_ON}:1:${path}`));
  const page = schedule.object.cell.readOutbox(0, 10);
  expect(JSON.parse(page.rows[0] ?? "{}"), name).toMatchObject({
    workflowVersion: "2.0.0",
    acts: [{ actor: "key_mover", action: "execution.migrated" }],
  });
  return schedule.object.kills;
}

test(`${SCHEDULES} schedules of kills around a migration: the execution is in one version or the other, whole`, async () => {
  let kills = 0;
  for (let seed = 1; seed <= SCHEDULES; seed++) kills += await migrate(seed);
  expect(kills).toBeGreaterThan(SCHEDULES);
}, 120_000);

test("what was used before a retry in another version is read, however late, as that of the version that used it", async () => {
  const source = (version: string, connector: string): PlanSource => {
    const { definition, pins } = planOf([actionStep("down", once)], { version }, { connector });
    return { definition, pins };
  };
  const usage = { compute_ms: 3, egress_bytes: 0 };
  const schedule = new ActingSchedule(3, (call) => ({ ...answerTo(call), usage }));
  await schedule.start(source("1.0.0", "old"));
  await schedule.until("failed", 1);
  const command = { type: "retry" as const, actor: "key_retrier", act: { key: "again", body: "same" }, plan: "two" };
  await schedule.ask((cell) => cell.act(ACTED_ON, command, source("2.0.0", "new")));
  await schedule.until("completed", 2);
  // Nothing of it is in memory any more when the sink comes.
  schedule.object.kill();
  const page = schedule.object.cell.readOutbox(0, 10);
  const { facts }: { facts: (string | number)[][] } = JSON.parse(page.rows[0] ?? "{}");
  expect(facts.filter(([, , , runs]) => runs === 1).map((fact) => [fact[7], fact[10]])).toEqual([
    ["test/old", "failed"],
    ["test/new", "completed"],
  ]);
});
