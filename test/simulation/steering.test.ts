import { expect, test } from "vitest";
import type { ActFact } from "../../contracts/usage.ts";
import type { PlanSource } from "../../engine/plan/types.ts";
import { actionStep, ok, planOf } from "../../engine/testing.ts";
import { ACTED_ON, ActingSchedule } from "./acting-schedule.ts";

const SCHEDULES = Number(process.env.SCHEDULES ?? 16);
const STEPS = ["a", "b", "c", "d", "e", "f"];

/** A few calls one after the other, and an event that lets it end. */
function source(): PlanSource {
  const { definition, pins } = planOf([
    ...STEPS.map((id) => actionStep(id)),
    { kind: "wait", id: "gate", until: { event: "go" } },
  ]);
  return { definition, pins };
}

async function play(seed: number): Promise<number> {
  const name = `seed ${seed}`;
  const schedule = new ActingSchedule(seed, ({ input }) => ok(input));
  const { object } = schedule;
  const steer = (type: "pause" | "resume", key: string) =>
    schedule.ask((cell) => cell.act(ACTED_ON, { type, actor: "key_driver", act: { key, body: type } }));
  const opened = () => [...object.storage.log(ACTED_ON)].filter(({ type }) => type === "step.started").length;
  await schedule.start(source());
  for (let steps = seed % 7; steps > 0; steps--) await object.step();
  expect(await steer("pause", "first"), name).toMatchObject({ ok: true, value: { status: "paused" } });
  // Somebody else asks for the same: nothing changes, and it is known by its key for ever.
  expect(await steer("pause", "noted"), name).toMatchObject({ ok: true, value: { status: "paused" } });
  const before = opened();
  for (let steps = 0; steps < 40; steps++) await object.step();
  expect(opened(), name).toBe(before);
  expect(await schedule.ask((cell) => cell.get(ACTED_ON)), name).toMatchObject({ status: "paused" });
  expect(await steer("resume", "second"), name).toMatchObject({ ok: true });
  // Answers were lost, perhaps: asked once more, it goes on as it did.
  for (const [type, key] of [
    ["pause", "first"],
    ["pause", "noted"],
    ["resume", "second"],
  ] as const) {
    const again = await steer(type, key);
    expect(again?.ok && again.value.status, name).toMatch(/running|waiting/);
  }
  const reused = await schedule.ask((cell) =>
    cell.act(ACTED_ON, { type: "pause", act: { key: "second", body: "pause" } }),
  );
  expect(reused, name).toMatchObject({ ok: false, code: "CONFLICT" });
  const signal = { type: "signal" as const, name: "go", payload: null, id: "once" };
  expect(await schedule.ask((cell) => cell.act(ACTED_ON, signal)), name).toMatchObject({ ok: true });
  await schedule.until("completed", 1);
  // After the end too: what was done was done, and nothing else can be.
  expect(await steer("pause", "first"), name).toMatchObject({ ok: true, value: { status: "completed" } });
  expect(await steer("pause", "third"), name).toMatchObject({ ok: false, code: "CONFLICT" });
  const events = [...object.storage.log(ACTED_ON)];
  const acts = events.filter(
    ({ type }) => type === "workflow.paused" || type === "workflow.resumed" || type === "act.noted",
  );
  expect(acts, name).toMatchObject([
    { type: "workflow.paused", actor: "key_driver" },
    { type: "act.noted", action: "pause", actor: "key_driver" },
    { type: "workflow.resumed", actor: "key_driver" },
  ]);
  expect(
    events.map(({ seq }) => seq),
    name,
  ).toEqual(events.map((_, index) => index + 1));
  expect([...new Set(schedule.calls)], name).toEqual(STEPS.map((path) => `${ACTED_ON}:1:${path}`));
  const row: { acts: ActFact[] } = JSON.parse(object.cell.readOutbox(0, 10).rows[0] ?? "{}");
  expect(row.acts, name).toMatchObject([
    { actor: "key_driver", action: "execution.paused" },
    { actor: "key_driver", action: "execution.resumed" },
  ]);
  return object.kills;
}

test(`${SCHEDULES} schedules of kills around a pause and a resume: each happens once, and nothing begins between them`, async () => {
  let kills = 0;
  for (let seed = 1; seed <= SCHEDULES; seed++) kills += await play(seed);
  expect(kills).toBeGreaterThan(SCHEDULES);
}, 120_000);

test("an execution that an earlier release stored, whose head says little, goes on after a retry as any other", async () => {
  const schedule = new ActingSchedule(0, ({ path, idempotencyKey, input }) =>
    path === "b" && idempotencyKey.startsWith(`${ACTED_ON}:1:`)
      ? { ok: false, error: { code: "BACKEND_ERROR", message: "down" }, permanent: true }
      : ok(input),
  );
  const { object } = schedule;
  await schedule.start(source());
  await schedule.until("failed", 1);
  object.kill();
  const written = JSON.parse(object.storage.execution(ACTED_ON)?.head ?? "{}");
  const { executionId, tenantId, environment, mode, actor, createdAt, runAttempt } = written;
  const head = JSON.stringify({ executionId, tenantId, environment, mode, actor, createdAt, runAttempt });
  expect(head).not.toContain("epochs");
  object.database.prepare("UPDATE executions SET head = ? WHERE id = ?").run(head, ACTED_ON);
  const retry = { type: "retry" as const, actor: "key_driver", act: { key: "again", body: "same" } };
  expect(await schedule.ask((cell) => cell.act(ACTED_ON, retry))).toMatchObject({
    ok: true,
    value: { run_attempt: 2 },
  });
  const signal = { type: "signal" as const, name: "go", payload: null, id: "once" };
  expect(await schedule.ask((cell) => cell.act(ACTED_ON, signal))).toMatchObject({ ok: true });
  await schedule.until("completed", 2);
  const seq = [...object.storage.log(ACTED_ON)].find(({ type }) => type === "workflow.retried")?.seq;
  expect(schedule.stored().head.epochs).toEqual([
    { seq: 1, plan: "one", runAttempt: 1 },
    { seq, plan: "one", runAttempt: 2 },
  ]);
  expect(schedule.stored().state.status).toBe("completed");
});

test("a cancel of what is canceled takes its key, through kills: it does not cancel what somebody has retried since", async () => {
  let kills = 0;
  for (let seed = 1; seed <= 8; seed++) {
    const name = `seed ${seed}`;
    const schedule = new ActingSchedule(seed, ({ input }) => ok(input));
    const act = (type: "cancel" | "retry", key: string, body: string = type) =>
      schedule.ask((cell) => cell.act(ACTED_ON, { type, act: { key, body } }));
    await schedule.start(source());
    expect(await act("cancel", "first"), name).toMatchObject({ ok: true, value: { status: "canceled" } });
    expect(await act("cancel", "noted"), name).toMatchObject({ ok: true, value: { status: "canceled" } });
    expect(await act("cancel", "noted", "other"), name).toMatchObject({ ok: false, code: "CONFLICT" });
    expect(await act("retry", "on"), name).toMatchObject({ ok: true, value: { run_attempt: 2 } });
    for (const key of ["first", "noted"]) expect((await act("cancel", key))?.ok, name).toBe(true);
    expect(await schedule.ask((cell) => cell.get(ACTED_ON)), name).toMatchObject({ run_attempt: 2, finished_at: null });
    const signal = { type: "signal" as const, name: "go", payload: null, id: "once" };
    await schedule.ask((cell) => cell.act(ACTED_ON, signal));
    await schedule.until("completed", 2);
    kills += schedule.object.kills;
  }
  expect(kills).toBeGreaterThan(8);
}, 60_000);
