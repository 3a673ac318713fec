import { expect, test } from "vitest";
import type { StepDefinition } from "../../engine/definition/types.ts";
import type { PlanSource } from "../../engine/plan/types.ts";
import { actionStep, planOf } from "../../engine/testing.ts";
import { ActingSchedule, ACTED_ON } from "./acting-schedule.ts";
import { SimulatedObject } from "./simulated-object.ts";

/* Budgets of executions that start others, which run at the same time, sleep and are killed. */

const SCHEDULES = Number(process.env.SCHEDULES ?? 6);
const LIMIT = 100;
const TOKENS = 10;
const BESIDE = 6;

function source(
  slug: string,
  steps: StepDefinition[],
  more: object,
  workflows: Record<string, PlanSource>,
): PlanSource {
  const { definition, pins } = planOf(steps, { slug, name: slug, ...more });
  return { definition, pins, workflows };
}

const call = (id: string) => actionStep(id, { retry: { maxAttempts: 1 } });
/** It sleeps on the disk between its calls. */
const nap = (id: string): StepDefinition => ({ kind: "wait", id, duration: 20 });
const LEAF = source("leaf", [call("a"), nap("n"), call("b"), call("c"), nap("m"), call("d"), call("e")], {}, {});
const MIDDLE = source(
  "middle",
  [call("x"), { kind: "subworkflow", id: "below", workflow: "leaf" }],
  {},
  { "leaf@": LEAF },
);
const TOP = source(
  "top",
  [
    {
      kind: "subworkflow",
      id: "each",
      workflow: "middle",
      forEach: Array.from({ length: BESIDE }, (_, n) => n),
      parallel: true,
      continueOnError: true,
    },
  ],
  { budget: { max_tokens: LIMIT, hold: "1m" } },
  { "middle@": MIDDLE },
);

test("executions beside each other pass the budget above them by no more than their calls in flight, through sleep and kills", async () => {
  let kills = 0;
  let slept = 0;
  for (let seed = 1; seed <= SCHEDULES; seed++) {
    const schedule = new ActingSchedule(seed, () => ({
      ok: true,
      output: 1,
      usage: { compute_ms: 1, egress_bytes: 0, input_tokens: TOKENS },
    }));
    await schedule.start(TOP);
    await schedule.until("completed", 1);
    const spent = new Set(schedule.calls).size * TOKENS;
    expect(spent, `seed ${seed}`).toBeGreaterThanOrEqual(LIMIT);
    expect(spent, `seed ${seed}`).toBeLessThanOrEqual(LIMIT + (BESIDE - 1) * TOKENS);
    kills += schedule.object.kills;
    const { n } = schedule.object.database
      .prepare("SELECT count(*) AS n FROM executions WHERE id <> ?")
      .get(ACTED_ON) as {
      n: number;
    };
    slept += n;
  }
  expect(kills).toBeGreaterThan(SCHEDULES);
  expect(slept).toBeGreaterThan(SCHEDULES * BESIDE);
}, 60_000);

test("what a subworkflow spent that has ended counts although all others sleep, and its parent did in between", async () => {
  const leaf = (slug: string, naps: number): PlanSource =>
    source(slug, [call("a"), { kind: "wait", id: "n", duration: naps }, call("b")], {}, {});
  const names = { early: 10, later: 25, last: 60 };
  const steps = Object.keys(names).map((name): StepDefinition => ({ kind: "subworkflow", id: name, workflow: name }));
  const branches = Object.fromEntries(steps.map((step) => [step.id, [step]]));
  const workflows = Object.fromEntries(Object.entries(names).map(([name, naps]) => [`${name}@`, leaf(name, naps)]));
  const top = source(
    "top",
    [{ kind: "parallel", id: "p", branches, join: "all" }],
    { budget: { max_tokens: LIMIT, hold: "1h" } },
    workflows,
  );
  const object: SimulatedObject = new SimulatedObject({
    kill: () => false,
    plugin: () => {
      calls += 1;
      return {
        result: { ok: true, output: 1, usage: { compute_ms: 1, egress_bytes: 0, input_tokens: LIMIT / 5 } },
        afterMs: 5,
      };
    },
    hint: () => undefined,
    report: (message, error) => {
      throw new Error(`${message}: ${String(error)}`);
    },
  });
  let calls = 0;
  const id = "exec_top";
  const plan = {
    executionId: id,
    tenantId: "ten_simulated",
    environment: "test" as const,
    planDigest: "one",
    plan: top,
  };
  const command = { ...plan, inputs: {}, mode: "async" as const, actor: "key_a" };
  const started = object.ask((cell) => cell.start(command));
  const until = object.clock.now() + 120_000;
  while (object.clock.now() < until && (await object.step()));
  await started;
  // Three times `a`, then `b` of the first two: the third would be over it.
  expect(calls).toBe(5);
});
