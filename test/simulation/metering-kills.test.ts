import { expect, test } from "vitest";
import type { StartCommand } from "../../contracts/rpc.ts";
import { fractionOf } from "../../engine/run/retry.ts";
import type { ActionCall } from "../../engine/run/types.ts";
import { actionStep, planOf } from "../../engine/testing.ts";
import { SimulatedObject } from "./simulated-object.ts";
import { add, nothing, SimulatedSink, type SinkFaults } from "./simulated-sink.ts";
import { pluginAnswer, SIMULATED, type Simulated } from "./simulated-workflows.ts";

/*
 * Usage is what the logs say, whatever happens between a cell and its ledger: kills of the cell, a database that refuses for an
 * hour, answers that are lost, pages that are written late and out of order.
 */

const SCHEDULES = Number(process.env.SCHEDULES ?? 100);
const HOUR_MS = 3_600_000;

/** Runs for minutes without a change of its status. */
const LONG: Simulated = {
  name: "long",
  sameCalls: true,
  plan: planOf([actionStep("slow", { forEach: "{{ range(12) }}", input: { n: "{{ item }}" } })], {
    slug: "long",
    name: "long",
  }),
};
const MANY: Simulated = {
  name: "many",
  sameCalls: true,
  plan: planOf(
    [
      actionStep("quick", {
        forEach: "{{ range(2600) }}",
        parallel: true,
        maxConcurrency: 100,
        input: { n: "{{ item }}" },
      }),
    ],
    { slug: "many", name: "many" },
  ),
};
const WORKFLOWS = [...SIMULATED, LONG];

/** What an attempt uses: always the same of the same attempt, and of hardly two the same. */
function usageOf({ path, attempt }: ActionCall) {
  const used = Math.floor(fractionOf(`${path}:${attempt}`) * 1_000);
  return { compute_ms: used, egress_bytes: used * 3, input_tokens: used % 7 };
}

function answerTo(call: ActionCall, executionId: string, seed: number): ReturnType<typeof pluginAnswer> {
  const answer = pluginAnswer(call, { executionId }, seed);
  if (!answer) return null;
  const afterMs = call.stepId === "slow" ? 15_000 : answer.afterMs;
  return { afterMs, result: { ...answer.result, usage: usageOf(call) } };
}

function command({ name, plan }: Simulated, key: string, attempt: number): StartCommand {
  return {
    executionId: `exec_${key}_${attempt}`,
    tenantId: "ten_simulated",
    environment: "live",
    planDigest: name,
    plan: { definition: plan.definition, pins: plan.pins },
    inputs: { n: 20 },
    mode: "async",
    actor: "key_simulated",
    idempotency: { key, bodyHash: "same" },
  };
}

function chance(seed: number): () => number {
  let turn = 0;
  return () => fractionOf(`${seed}:${turn++}`);
}

function simulate(seed: number, faults: SinkFaults, kill: () => boolean, limit: number) {
  const started: string[] = [];
  const sink = new SimulatedSink(faults);
  const object: SimulatedObject = new SimulatedObject({
    kill: () => object.kills < 25 && kill(),
    plugin: (call, { executionId }) => answerTo(call, executionId, seed),
    hint: () => void sink.drain(object, limit),
    report: (message, error) => {
      throw new Error(message, { cause: error });
    },
  });
  const start = async (workflow: Simulated): Promise<string> => {
    for (let attempt = 0; ; attempt += 1) {
      const answer = await object.ask((cell) =>
        cell.start(command(workflow, `${workflow.name}-${started.length}`, attempt)),
      );
      if (answer?.kind !== "accepted") continue;
      started.push(answer.executionId);
      return answer.executionId;
    }
  };
  const untilQuiet = async (): Promise<void> => {
    for (let steps = 0; ; steps += 1) {
      if (steps > 200_000) throw new Error("the schedule does not end");
      const more = await object.step();
      if (!object.hasAlarm && object.awake && object.cell.unfinished === 0) return;
      if (!more) throw new Error("nothing is due any more, and something is unfinished or unsent");
    }
  };
  return { object, sink, start, started, untilQuiet };
}

/** The ledger says of each execution what the fold of its log says, and its sums say what its records say. */
function agrees(object: SimulatedObject, sink: SimulatedSink, started: readonly string[], what: string): void {
  const logged = object.cell.loggedUsage({ after: "", limit: 10_000 });
  expect(logged.map(({ execution_id }) => execution_id).toSorted(), what).toEqual([...started].toSorted());
  for (const { execution_id, ...meters } of logged) {
    expect(sink.of(execution_id), `${what}: ${execution_id}`).toEqual(meters);
    expect(meters, `${what}: ${execution_id}`).toEqual(sink.rows.get(execution_id)?.usage);
  }
  const all = nothing();
  for (const record of sink.records.values()) add(all, record);
  const hours = nothing();
  for (const sums of sink.hours.values()) add(hours, sums as never);
  expect(hours, what).toEqual(all);
}

test(`${SCHEDULES} schedules of kills, late, lost and repeated deliveries: the ledger says what the logs say`, {
  timeout: 60_000,
}, async () => {
  let [kills, repeated, steps] = [0, 0, 0];
  for (let seed = 1; seed <= SCHEDULES; seed += 1) {
    const random = chance(seed);
    const often = 0.002 + random() * 0.02;
    const faults = {
      down: () => random() < 0.1,
      answerLost: () => random() < 0.2,
      lateMs: () => (random() < 0.3 ? Math.floor(random() * 90_000) : 0),
    };
    const { object, sink, start, started, untilQuiet } = simulate(seed, faults, () => random() < often, 1 + (seed % 5));
    const starts = Promise.all(WORKFLOWS.map(start));
    const steer = async (): Promise<void> => {
      const id = (await starts)[WORKFLOWS.indexOf(LONG)] ?? "";
      for (const [type, afterMs] of [
        ["pause", 40_000],
        ["resume", 200_000],
      ] as const) {
        await new Promise<void>((resolve) => object.clock.at(object.clock.now() + afterMs, resolve));
        if (seed % 3 === 0) await object.ask((cell) => cell.act(id, { type, actor: "key" }));
      }
    };
    void steer();
    await untilQuiet();
    if (seed % 3 === 0) await untilResumed(object, started);
    await untilQuiet();
    agrees(object, sink, started, `seed ${seed}`);
    kills += object.kills;
    repeated += sink.repeated;
    steps += sink.records.size;
  }
  expect(kills).toBeGreaterThan(SCHEDULES);
  expect(repeated).toBeGreaterThan(SCHEDULES);
  expect(steps).toBeGreaterThan(SCHEDULES * 50);
});

/** A pause whose resume was lost with a kill is taken back. */
async function untilResumed(object: SimulatedObject, started: readonly string[]): Promise<void> {
  for (let turns = 0; turns < 20_000; turns += 1) {
    const open = started.filter((id) => object.cell.isLive(id));
    if (open.length === 0) return;
    for (const id of open) {
      const record = await object.ask((cell) => cell.get(id));
      if (record?.status === "paused") await object.ask((cell) => cell.act(id, { type: "resume", actor: "key" }));
    }
    await object.step();
  }
  throw new Error("something stays unfinished");
}

const healthy: SinkFaults = { down: () => false, answerLost: () => false, lateMs: () => 0 };

test("a database that is down for an hour loses nothing and counts nothing twice", async () => {
  let down = true;
  const { object, sink, start, started, untilQuiet } = simulate(1, { ...healthy, down: () => down }, () => false, 5);
  const begun = object.clock.now();
  object.clock.at(begun + HOUR_MS, () => {
    down = false;
  });
  void Promise.all(WORKFLOWS.map(start));
  await untilQuiet();
  expect(object.clock.now() - begun).toBeGreaterThan(HOUR_MS);
  expect(sink.records.size).toBeGreaterThan(50);
  expect(sink.repeated).toBe(0);
  agrees(object, sink, started, "after an hour");
});

test("what an execution uses that runs on without a change of its status is recorded within a minute or so", async () => {
  const { object, sink, start, untilQuiet } = simulate(1, healthy, () => false, 5);
  const id = await start(LONG);
  const behind: number[] = [];
  while (object.cell.isLive(id)) {
    await object.step();
    const settled = [...object.storage.log(id)].filter((event) => "usage" in event && event.usage);
    const known = sink.of(id).step_runs;
    const oldest = settled[known];
    if (oldest) behind.push(object.clock.now() - oldest.at);
  }
  await untilQuiet();
  expect(Math.max(...behind)).toBeGreaterThan(10_000);
  expect(Math.max(...behind)).toBeLessThan(62_000);
  expect(sink.of(id).step_runs).toBe(12);
});

test("what is used during a pause is recorded although the execution leaves the memory", async () => {
  const { object, sink, start, started } = simulate(1, healthy, () => false, 5);
  const id = await start(LONG);
  await object.ask((cell) => cell.act(id, { type: "pause", actor: "key" }));
  const until = object.clock.now() + 120_000;
  object.clock.at(until, () => undefined);
  while (object.clock.now() < until) await object.step();
  expect(object.cell.unfinished, "it sleeps").toBe(0);
  expect(sink.of(id).step_runs).toBe(1);
  agrees(object, sink, started, "paused");
});

test("an execution with thousands of attempts comes in several bounded pages, and a repeat of any changes nothing", async () => {
  let [reads, lost] = [0, 0];
  const faults = { ...healthy, answerLost: () => reads++ % 2 === 0 && ++lost > 0 };
  const { object, sink, start, started, untilQuiet } = simulate(1, faults, () => false, 500);
  const id = await start(MANY);
  await untilQuiet();
  expect(sink.of(id).step_runs).toBe(2_600);
  expect(sink.pages).toBeGreaterThan(2);
  expect(lost).toBeGreaterThan(0);
  expect(sink.repeated).toBeGreaterThan(0);
  agrees(object, sink, started, "many");
});

test("a short run costs no write beside its own", async () => {
  const { object, start, untilQuiet } = simulate(1, healthy, () => false, 500);
  const chain = SIMULATED.find(({ name }) => name === "chain");
  if (!chain) throw new Error("there is no chain");
  await start(chain);
  await untilQuiet();
  const rows = object.database.prepare("SELECT metered FROM executions").all();
  expect(rows).toMatchObject([{ metered: 0 }]);
});
