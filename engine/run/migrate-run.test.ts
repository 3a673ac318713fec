import { expect, test } from "vitest";
import type { StepDefinition } from "../definition/types.ts";
import { VirtualClock } from "../driver/virtual-clock.ts";
import { MemoryExecution } from "../driver/memory-host.ts";
import type { WorkflowDefinition } from "../definition/types.ts";
import { actionStep, ok, planOf, TEST_START } from "../testing.ts";
import type { ActionCall, ActionResult } from "./types.ts";

const wait = (event: string): StepDefinition => ({ kind: "wait", id: "gate", until: { event } });

/** A run of `steps` that has come as far as it can; calls of `held` are answered when the test says so. */
async function running(steps: StepDefinition[], held: string[] = [], fields: Partial<WorkflowDefinition> = {}) {
  const clock = new VirtualClock(TEST_START);
  const calls: string[] = [];
  const answers = new Map<string, (result: ActionResult) => void>();
  const run = new MemoryExecution({
    plan: planOf(steps, fields),
    identity: { executionId: "exec_test", runAttempt: 1 },
    inputs: {},
    clock,
    callAction: (call: ActionCall) => {
      calls.push(call.path);
      return held.includes(call.path) ? new Promise((resolve) => answers.set(call.path, resolve)) : ok(call.path);
    },
  });
  run.deliver({ type: "start", inputs: {} });
  const settle = async () => {
    for (let turns = 0; turns < 50; turns++) await Promise.resolve();
  };
  await settle();
  const migrate = async (to: StepDefinition[], more: Partial<WorkflowDefinition> = fields) => {
    const plan = planOf(to, { version: "2.0.0", ...more });
    const refusal = run.deliver({ type: "migrate", to: plan, plan: "two", actor: "key_a" });
    await settle();
    return refusal;
  };
  const answer = async (path: string) => {
    answers.get(path)?.(ok(`answer of ${path}`));
    await settle();
  };
  return { run, calls, migrate, answer, settle };
}

const [A, B, C, D] = [actionStep("a"), actionStep("b"), actionStep("c"), actionStep("d")];
const reasonsOf = (refusal: { details?: Record<string, unknown> } | undefined) =>
  ((refusal?.details?.problems ?? []) as { path: string; reason: string }[]).map(
    ({ path, reason }) => `${path} ${reason}`,
  );

test("a call in flight goes on, and what follows it is what follows in the other version", async () => {
  const { run, calls, migrate, answer } = await running([A, B, C], ["b"]);
  const outputs = { v: { value: "{{ steps.b.output }}" }, w: { value: "{{ steps.d.output }}" } };
  expect(await migrate([A, B, D], { outputs })).toBeUndefined();
  await answer("b");
  expect(run.state).toMatchObject({ status: "completed", outputs: { v: "answer of b", w: "d" } });
  expect(calls).toEqual(["a", "b", "d"]);
  expect(run.events.find(({ type }) => type === "workflow.migrated")).toMatchObject({
    version: "2.0.0",
    actor: "key_a",
  });
});

test("what only waits goes on waiting, and a step that is new in a list begins", async () => {
  const list = (steps: StepDefinition[]): StepDefinition => ({ kind: "parallel_list", id: "both", steps });
  const { run, calls, migrate } = await running([list([A, wait("go")]), C]);
  expect(run.state.status).toBe("waiting");
  expect(await migrate([list([A, wait("go"), B]), C, D])).toBeUndefined();
  expect([run.state.status, calls]).toEqual(["waiting", ["a", "b"].map((id) => `both.${id}`)]);
  run.deliver({ type: "signal", name: "go", payload: 1 });
  expect((await run.done).state.status).toBe("completed");
  expect(calls.slice(2)).toEqual(["c", "d"]);
});

test.each<[what: string, to: StepDefinition[], reasons: string[]]>([
  ["a step stands before what was done", [D, A, B], ["a order"]],
  ["what was done is gone", [B, C], ["a removed"]],
  ["what is under way is gone", [A, C], ["b removed"]],
  [
    "what is under way calls something else",
    [A, { ...actionStep("b"), action: "c" } as StepDefinition, C],
    ["b action"],
  ],
  ["what is under way is of another kind", [A, { ...wait("x"), id: "b" }, C], ["b kind"]],
  ["what is under way is a loop", [A, actionStep("b", { forEach: "{{ [1] }}" }), C], ["b loop"]],
])("it is refused where %s, and nothing happens", async (_what, to, reasons) => {
  const { run, migrate, answer } = await running([A, B], ["b"]);
  const seq = run.state.seq;
  const refusal = await migrate(to);
  expect(refusal?.code).toBe("CONFLICT");
  expect(reasonsOf(refusal)).toEqual(expect.arrayContaining(reasons));
  expect(run.state.seq).toBe(seq);
  await answer("b");
  expect(run.state.status).toBe("completed");
});

test("steps inside of what is done may be others; a run that has ended is not migrated", async () => {
  const block = (child: StepDefinition): StepDefinition => ({ kind: "parallel_list", id: "done", steps: [child] });
  const { run, migrate, answer } = await running([block(A), B], ["b"]);
  expect(await migrate([block(C), B])).toBeUndefined();
  await answer("b");
  expect(run.state.status).toBe("completed");
  expect((await migrate([block(C), B]))?.code).toBe("CONFLICT");
});

test("with a key it counts once, and the key does not count for something else", async () => {
  const { run } = await running([A, B], ["b"]);
  const to = planOf([A, B, C], { version: "2.0.0" });
  const input = { type: "migrate" as const, to, plan: "two", act: { key: "k", body: "x" } };
  expect(run.deliver(input)).toBeUndefined();
  const { seq } = run.state;
  expect(run.deliver(input)).toBeUndefined();
  expect(run.deliver({ ...input, act: { key: "k", body: "y" } })?.code).toBe("CONFLICT");
  expect(run.state.seq).toBe(seq);
});
