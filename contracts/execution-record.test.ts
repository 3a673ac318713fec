import { expect, test } from "vitest";
import type { StepDefinition } from "../engine/definition/types.ts";
import type { Plan } from "../engine/plan/types.ts";
import { newRun } from "../engine/run/new-run.ts";
import type { RunState } from "../engine/run/state.ts";
import { transition } from "../engine/run/transition.ts";
import { actionStep, failed, ok, planOf, runTest, TEST_START } from "../engine/testing.ts";
import type { ExecutionRecord } from "./execution.ts";
import { executionRecord } from "./execution-record.ts";

function recordOf(plan: Plan, state: RunState): ExecutionRecord {
  const head = { executionId: state.identity.executionId, mode: "async" as const, createdAt: TEST_START };
  return executionRecord(plan, state, head, TEST_START);
}

test("the record lists the first hundred iterations of a loop, and the steps inside of those only", async () => {
  const list: StepDefinition = {
    kind: "parallel_list",
    id: "each",
    forEach: "{{ range(150) }}",
    steps: [actionStep("left"), actionStep("right")],
  };
  const plan = planOf([list]);
  const { state } = await runTest(plan, () => ok(1));
  expect(state.status).toBe("completed");
  const paths = recordOf(plan, state).steps.map(({ path }) => path);
  expect(paths).toHaveLength(1 + 100 * 3);
  expect(paths).toContain("each[99].right");
  expect(paths).not.toContain("each[100].left");
});

test("progress counts the steps that came to their end: neither the one that failed the run nor one that was stopped", async () => {
  const plan = planOf([actionStep("a"), actionStep("b"), actionStep("c")]);
  const bad = await runTest(plan, (call) => (call.stepId === "b" ? failed("VALIDATION") : ok(1)));
  expect(recordOf(plan, bad.state).progress).toMatchObject({ completed: 1, total: 3 });

  const state = newRun({ executionId: "exec_test", runAttempt: 1 });
  transition(plan, state, { type: "start", inputs: {} }, TEST_START);
  transition(plan, state, { type: "result", path: "a", attempt: 1, result: ok(1) }, TEST_START);
  expect(recordOf(plan, state).progress).toMatchObject({ completed: 1, message: "Processing step 2 of 3" });
  transition(plan, state, { type: "cancel" }, TEST_START);
  expect(recordOf(plan, state).progress).toMatchObject({ completed: 1, message: "1 of 3 steps done" });

  const done = await runTest(plan, () => ok(1));
  expect(recordOf(plan, done.state).progress).toMatchObject({ completed: 3, message: "3 of 3 steps done" });
});
