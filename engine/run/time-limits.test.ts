import { expect, test } from "vitest";
import type { StepDefinition, WorkflowDefinition } from "../definition/types.ts";
import type { PinnedAction } from "../connector.ts";
import { actionStep, planOf, TEST_START } from "../testing.ts";
import { newRun } from "./new-run.ts";
import type { RunState } from "./state.ts";
import { transition } from "./transition.ts";
import type { Effect, EngineInput } from "./types.ts";

const ESCALATING = { approval: { approvers: ["boss"], timeout: 10, onTimeout: "escalate" } };

/** Gives a run its inputs, each at its time (ms after the start). */
function play(
  steps: StepDefinition[],
  inputs: [number, EngineInput][],
  fields: Partial<WorkflowDefinition> = {},
  pin: Partial<PinnedAction> = {},
): { state: RunState; effects: Effect[] } {
  const plan = planOf(steps, fields, pin);
  const state = newRun({ executionId: "exec_test", runAttempt: 1 });
  let effects = transition(plan, state, { type: "start", inputs: {} }, TEST_START).effects;
  for (const [after, input] of inputs) effects = transition(plan, state, input, TEST_START + after).effects;
  return { state, effects };
}

test("the approval of a workflow that escalates waits for as long again", () => {
  const { effects } = play([actionStep("a")], [[10_000, { type: "timer", name: "wait:" }]], {
    authorization: ESCALATING,
  });
  expect(effects).toEqual([{ type: "setTimer", name: "wait:", due: TEST_START + 20_000 }]);
});

test("an approval that escalates waits for as long again, however long the one before it or a pause took", () => {
  const approval: StepDefinition = {
    kind: "approval",
    id: "ask",
    approvers: [],
    timeoutMs: 5_000,
    onTimeout: "escalate",
    authorization: { approval: { approvers: [] } },
  };
  const { effects } = play(
    [approval],
    [
      [60_000, { type: "decide", step: "ask", decision: "approve", by: "key_boss", roles: [] }],
      [61_000, { type: "pause" }],
      [71_000, { type: "resume" }],
      [75_000, { type: "timer", name: "wait:ask" }],
    ],
  );
  expect(effects).toEqual([{ type: "setTimer", name: "wait:ask", due: TEST_START + 80_000 }]);
});

test("an attempt that a guardrail's time limit cuts short reached its plugin, and is metered", () => {
  const { state, effects } = play(
    [actionStep("a", { guardrails: { timeLimit: 2 } })],
    [[2_000, { type: "timer", name: "limit:a" }]],
  );
  expect(state.error).toMatchObject({ code: "TIMEOUT" });
  expect(effects).toContainEqual({ type: "abortCall", path: "a", attempt: 1 });
  expect(state.usage.stepRuns).toBe(1);
});

test("a wait behind an approval has waited since that was decided", () => {
  const { state } = play(
    [{ kind: "wait", id: "w", duration: 5, authorization: { approval: { approvers: [] } } }],
    [
      [60_000, { type: "decide", step: "w", decision: "approve", by: "key_boss", roles: [] }],
      [65_000, { type: "timer", name: "wait:w" }],
    ],
  );
  expect(state.instances.get("w")?.output).toMatchObject({ waitedFor: 5 });
});
