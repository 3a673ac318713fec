import { expect, test } from "vitest";
import type { StepDefinition } from "../definition/types.ts";
import { planOf } from "../testing.ts";
import { newRun } from "./new-run.ts";
import { transition } from "./transition.ts";
import type { EngineInput } from "./types.ts";

const keyed: StepDefinition = {
  kind: "wait",
  id: "keyed",
  until: { event: "paid", key: "order-1" },
  timeoutMs: 5_000,
  continueOnError: true,
};
const plain: StepDefinition = { kind: "wait", id: "plain", until: { event: "paid" } };

test("an event of a key whose wait is over is nobody else's", () => {
  const plan = planOf([keyed, plain]);
  const state = newRun({ executionId: "exec_test", runAttempt: 1 });
  const inputs: EngineInput[] = [
    { type: "start", inputs: {} },
    { type: "pause" },
    { type: "signal", name: "paid", key: "order-1", path: "keyed", payload: 1 },
    { type: "timer", name: "limit:keyed" },
    { type: "resume" },
  ];
  for (const [index, input] of inputs.entries()) transition(plan, state, input, index * 10_000);
  expect(state.instances.get("keyed")?.status).toBe("failed");
  expect(state.instances.get("plain")?.status).toBe("waiting");
});

test("of two waits for one event the older one gets it, the other the next", () => {
  const waits = ["a", "b"].map((id): StepDefinition => ({ ...plain, id }));
  const plan = planOf([{ kind: "parallel_list", id: "p", steps: waits }]);
  const state = newRun({ executionId: "exec_test", runAttempt: 1 });
  transition(plan, state, { type: "start", inputs: {} }, 1);
  for (const payload of [1, 2, 3]) transition(plan, state, { type: "signal", name: "paid", payload }, 2);
  expect(state.outputs).toEqual({});
  expect(state.instances.get("p.a")?.output).toMatchObject({ eventReceived: 1 });
  expect(state.instances.get("p.b")?.output).toMatchObject({ eventReceived: 2 });
});

test("an event is consumed by a wait whose guardrail does not like it", () => {
  const guarded: StepDefinition = {
    ...plain,
    id: "guarded",
    continueOnError: true,
    guardrails: { outputSchema: { type: "string" } },
  };
  const state = newRun({ executionId: "exec_test", runAttempt: 1 });
  const plan = planOf([guarded, plain]);
  transition(plan, state, { type: "start", inputs: {} }, 1);
  transition(plan, state, { type: "signal", name: "paid", payload: 1 }, 2);
  expect(state.instances.get("guarded")?.status).toBe("failed");
  expect(state.instances.get("plain")?.status).toBe("waiting");
});
