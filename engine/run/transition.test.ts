import { describe, expect, test } from "vitest";
import type { StepDefinition } from "../definition/types.ts";
import { actionStep, failed, ok, planOf, runTest, TEST_START } from "../testing.ts";
import { fold } from "./apply.ts";
import { pendingEffects } from "./effects.ts";
import { newRun } from "./new-run.ts";
import type { RunState } from "./state.ts";
import { transition } from "./transition.ts";
import type { EngineInput } from "./types.ts";

const identity = { executionId: "exec_test", runAttempt: 1 };
const types = (events: { type: string; path?: string }[]): string[] =>
  events.map(({ type, path }) => (path === undefined ? type : `${type} ${path}`));

describe("the deadline of a run", () => {
  test("waits again when its timer comes before the time that the transition is given", () => {
    const plan = planOf([actionStep("a")], { timeoutMs: 1_000 });
    const state = newRun(identity);
    transition(plan, state, { type: "start", inputs: {} }, 1);
    const early = transition(plan, state, { type: "timer", name: "workflow" }, 1_000);
    expect(early).toEqual({ events: [], effects: [{ type: "setTimer", name: "workflow", due: 1_001 }] });
    transition(plan, state, { type: "timer", name: "workflow" }, 1_001);
    expect(state.status).toBe("timed_out");
  });
});

describe("a sequence", () => {
  test("runs its steps one after the other, each seeing the outputs before it", async () => {
    const plan = planOf(
      [actionStep("a", { input: { x: "{{ inputs.n }}" } }), actionStep("b", { input: "{{ steps.a.output }}" })],
      { outputs: { sum: { value: "{{ steps.b.output.x + 1 }}" } } },
    );
    const run = await runTest(plan, (call) => ok(call.input), { n: 41 });
    expect(types(run.events)).toEqual([
      "workflow.started",
      "step.started a",
      "step.completed a",
      "step.started b",
      "step.completed b",
      "workflow.completed",
    ]);
    expect(run.events.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(run.state.outputs).toEqual({ sum: 42 });
  });

  test("settles a step and opens its successor in one transition", () => {
    const plan = planOf([actionStep("a"), actionStep("b")]);
    const state = newRun(identity);
    transition(plan, state, { type: "start", inputs: {} }, 1);
    const { events, effects } = transition(plan, state, { type: "result", path: "a", attempt: 1, result: ok(1) }, 2);
    expect(types(events)).toEqual(["step.completed a", "step.started b"]);
    expect(effects.map(({ type }) => type)).toEqual(["callAction"]);
  });

  test("fails with the first step that fails for good, and says which it was", async () => {
    const run = await runTest(planOf([actionStep("a"), actionStep("b")]), () => failed("VALIDATION", "bad"));
    expect(run.state.error).toEqual({ code: "VALIDATION", message: "bad", details: { step: "a" } });
    expect(run.calls).toHaveLength(1);
  });

  test("goes on after a failed step with continue_on_error", async () => {
    const plan = planOf([
      actionStep("a", { continueOnError: true }),
      actionStep("b", { input: { was: "{{ steps.a.status }}", why: "because {{ steps.a.error }}" } }),
    ]);
    const run = await runTest(plan, (call) => (call.stepId === "a" ? failed("VALIDATION", "bad") : ok(call.input)));
    expect(run.state.status).toBe("completed");
    expect(run.state.instances.get("b")?.output).toEqual({ was: "failed", why: "because bad" });
  });

  test("skips a step whose condition is false; its output reads null", async () => {
    const plan = planOf([
      actionStep("a", { condition: "inputs.go" }),
      actionStep("b", { input: { s: "{{ steps.a.status }}", o: "{{ steps.a.output }}" } }),
    ]);
    const run = await runTest(plan, (call) => ok(call.input), { go: false });
    expect(run.state.instances.get("b")?.output).toEqual({ s: "skipped", o: null });
  });
});

describe("secrets", () => {
  test("are marked values in the run, never text", async () => {
    const run = await runTest(planOf([actionStep("a", { input: { h: "Bearer {{ secrets.T }}" } })]), () => ok(1));
    expect(run.calls[0]?.input).toEqual({
      h: { $secret: { fn: "concat", args: ["Bearer ", { $secret: { name: "T" } }] } },
    });
  });

  test("cannot be smuggled in by an action's output", async () => {
    const run = await runTest(planOf([actionStep("a"), actionStep("b", { input: "{{ steps.a.output }}" })]), () =>
      ok({ x: [{ $secret: { name: "T" } }] }),
    );
    expect(run.state.error).toMatchObject({ code: "VALIDATION", details: { constraint: "$secret" } });
    expect(run.calls).toHaveLength(1);
  });
});

describe("retries", () => {
  test("wait exactly as the policy says and count the first try", async () => {
    const retry = {
      maxAttempts: 4,
      backoff: "exponential",
      initialDelayMs: 100,
      maxDelayMs: 300,
      jitter: false,
    } as const;
    const run = await runTest(planOf([actionStep("a", { retry })]), () => failed("BACKEND_ERROR"));
    const due = run.events.flatMap((event) => (event.type === "step.retrying" ? [event.due - event.at] : []));
    expect(due).toEqual([100, 200, 300]);
    expect(run.calls.map(({ attempt }) => attempt)).toEqual([1, 2, 3, 4]);
    expect(new Set(run.calls.map(({ idempotencyKey }) => idempotencyKey)).size).toBe(1);
  });

  test("without a policy repeat UNAVAILABLE three times and BACKEND_ERROR never", async () => {
    expect((await runTest(planOf([actionStep("a")]), () => failed("UNAVAILABLE"))).calls).toHaveLength(3);
    expect((await runTest(planOf([actionStep("a")]), () => failed("BACKEND_ERROR"))).calls).toHaveLength(1);
  });

  test("never repeat an unknown outcome of an action that is not idempotent, unless the policy names it", async () => {
    const lost = { ok: false, outcomeUnknown: true, error: { code: "TIMEOUT", message: "late" } } as const;
    const plain = await runTest(planOf([actionStep("a")], {}, { idempotent: false }), () => lost);
    expect(plain.calls).toHaveLength(1);
    expect(plain.state.error).toMatchObject({ code: "UNAVAILABLE", details: { reason: "outcome_unknown" } });
    const retry = { retryOn: ["UNKNOWN_OUTCOME"], maxAttempts: 2 };
    const named = await runTest(planOf([actionStep("a", { retry })], {}, { idempotent: false }), () => lost);
    expect(named.calls).toHaveLength(2);
  });
});

describe("a loop", () => {
  const loop = (fields: object) =>
    planOf([actionStep("each", { forEach: "{{ inputs.xs }}", input: "{{ item }}", ...fields })]);
  const output = (state: RunState) => state.instances.get("each")?.output;

  test("gathers its outputs in item order, also in parallel and out of order", async () => {
    const plan = loop({ parallel: true });
    const late = async (x: unknown) => {
      for (let turn = 0; turn < 10 - Number(x); turn++) await Promise.resolve();
      return ok(Number(x) * 10);
    };
    const run = await runTest(plan, (call) => late(call.input), { xs: [1, 2, 3] });
    expect(output(run.state)).toEqual([10, 20, 30]);
  });

  test("runs one iteration at a time unless it is parallel, and at most max_concurrency then", async () => {
    const most = async (fields: object) => {
      let now = 0;
      let max = 0;
      await runTest(
        loop(fields),
        async () => {
          max = Math.max(max, ++now);
          await Promise.resolve();
          now--;
          return ok(1);
        },
        { xs: [1, 2, 3, 4, 5, 6] },
      );
      return max;
    };
    expect(await most({})).toBe(1);
    expect(await most({ parallel: true })).toBe(6);
    expect(await most({ parallel: true, maxConcurrency: 2 })).toBe(2);
  });

  test("over a map gives key and value, over nothing an empty list, over anything else VALIDATION", async () => {
    expect(output((await runTest(loop({}), (c) => ok(c.input), { xs: { a: 1 } })).state)).toEqual([
      { key: "a", value: 1 },
    ]);
    expect(output((await runTest(loop({}), (c) => ok(c.input), { xs: null })).state)).toEqual([]);
    expect((await runTest(loop({}), (c) => ok(c.input), { xs: 7 })).state.error?.code).toBe("VALIDATION");
  });

  test("fails with one iteration and cancels the rest; with continue_on_error it lists them and leaves null", async () => {
    const answer = (call: { input: unknown }) => (call.input === 2 ? failed("VALIDATION", "two") : ok(call.input));
    const hard = await runTest(loop({ parallel: true }), answer, { xs: [1, 2, 3] });
    expect(hard.state.error).toMatchObject({ code: "VALIDATION", message: "two" });
    const soft = await runTest(loop({ continueOnError: true }), answer, { xs: [1, 2, 3] });
    expect(soft.state.status).toBe("completed");
    expect(soft.state.instances.get("each")).toMatchObject({
      status: "failed",
      output: [1, null, 3],
      error: { details: { errors: [{ index: 1, code: "VALIDATION", message: "two" }] } },
    });
  });

  test("evaluates a condition for each iteration only when it refers to the item", async () => {
    const each = await runTest(loop({ condition: "item > 1" }), (c) => ok(c.input), { xs: [1, 2] });
    expect(output(each.state)).toEqual([null, 2]);
    const once = await runTest(loop({ condition: "inputs.xs | length > 5" }), (c) => ok(c.input), { xs: [1, 2] });
    expect(once.state.instances.get("each")?.status).toBe("skipped");
  });

  test("of a thousand skipped iterations goes on over several bounded transitions", async () => {
    const xs = Array.from({ length: 1000 }, (_, i) => i);
    const run = await runTest(loop({ condition: "item < 0" }), (c) => ok(c.input), { xs });
    expect(run.state.status).toBe("completed");
    expect(run.state.instances.get("each")?.results).toHaveLength(1_000);
    expect(run.state.instances.size).toBe(101);
  });

  test("of as many items as an execution may have steps completes", async () => {
    const run = await runTest(planOf([actionStep("all", { forEach: "range(10000)", condition: "item < 0" })]), () =>
      ok(1),
    );
    expect(run.state.status).toBe("completed");
  });

  test("beyond the step limit fails the run by name", async () => {
    const plan = planOf([
      actionStep("one", { forEach: "range(6000)", condition: "item < 0" }),
      actionStep("two", { forEach: "range(6000)", condition: "item < 0" }),
    ]);
    const run = await runTest(plan, (c) => ok(c.input));
    expect(run.state.error).toMatchObject({ code: "QUOTA_EXCEEDED", details: { limit: "steps" } });
    expect(run.events.filter(({ type }) => type === "step.skipped")).toHaveLength(10_000);
  });
});

describe("a parallel list", () => {
  const list = (fields: Record<string, unknown> = {}) =>
    planOf([{ kind: "parallel_list", id: "both", steps: [actionStep("x"), actionStep("y", fields)] }]);

  test("runs its children at once and addresses them both ways", async () => {
    const plan = planOf([
      { kind: "parallel_list", id: "both", steps: [actionStep("x"), actionStep("y")] },
      actionStep("z", { input: ["{{ steps.both.x.output }}", "{{ steps.y.output }}", "{{ steps.both.output }}"] }),
    ]);
    const run = await runTest(plan, (call) => ok(call.stepId === "z" ? call.input : call.stepId));
    expect(run.state.instances.get("z")?.output).toEqual(["x", "y", { x: "x", y: "y" }]);
  });

  test("fails with a child and cancels the others", async () => {
    const answer = (call: { stepId: string }) =>
      call.stepId === "y" ? failed("VALIDATION") : new Promise<never>(() => {});
    const run = await runTest(list(), answer);
    expect(run.state.instances.get("both.x")?.status).toBe("canceled");
    expect(run.state.status).toBe("failed");
  });

  test("that may fail cancels what is left of it before the run goes on", async () => {
    const both: StepDefinition = {
      kind: "parallel_list",
      id: "both",
      continueOnError: true,
      steps: [actionStep("x"), actionStep("y")],
    };
    const answer = (call: { stepId: string }) =>
      call.stepId === "y" ? failed("VALIDATION") : call.stepId === "x" ? new Promise<never>(() => {}) : ok(1);
    const run = await runTest(planOf([both, actionStep("z")]), answer);
    expect(types(run.events).slice(-5)).toEqual([
      "step.canceled both.x",
      "step.failed both",
      "step.started z",
      "step.completed z",
      "workflow.completed",
    ]);
  });

  test("absorbs a child with continue_on_error", async () => {
    const answer = (call: { stepId: string }) => (call.stepId === "y" ? failed("VALIDATION") : ok(1));
    expect((await runTest(list({ continueOnError: true }), answer)).state.status).toBe("completed");
  });
});

describe("time and cancel", () => {
  test("a workflow's timeout ends it and what it is doing", async () => {
    const run = await runTest(planOf([actionStep("a")], { timeoutMs: 5_000 }), () => new Promise<never>(() => {}));
    expect(run.state.status).toBe("timed_out");
    expect(run.state.finishedAt).toBe(TEST_START + 5_000);
    expect(run.state.instances.get("a")?.status).toBe("canceled");
  });

  test("an attempt that nobody answers times out after its limit and a grace", async () => {
    const retry = { maxAttempts: 1 };
    const run = await runTest(
      planOf([actionStep("a", { timeoutMs: 2_000, retry })]),
      () => new Promise<never>(() => {}),
    );
    expect(run.state.error).toMatchObject({ code: "TIMEOUT", details: { timeout_ms: 2_000 } });
  });

  test("late, repeated and unknown inputs change nothing", () => {
    const plan = planOf([actionStep("a"), actionStep("b")]);
    const state = newRun(identity);
    const deliver = (input: EngineInput) => transition(plan, state, input, 1).events.length;
    expect(deliver({ type: "start", inputs: {} })).toBe(2);
    expect(deliver({ type: "start", inputs: {} })).toBe(0);
    expect(deliver({ type: "result", path: "a", attempt: 2, result: ok(1) })).toBe(0);
    expect(deliver({ type: "result", path: "a", attempt: 1, result: ok(1) })).toBe(2);
    expect(deliver({ type: "result", path: "a", attempt: 1, result: ok(1) })).toBe(0);
    expect(deliver({ type: "cancel", actor: "key_1" })).toBe(2);
    expect(deliver({ type: "result", path: "b", attempt: 1, result: ok(1) })).toBe(0);
    expect(state.status).toBe("canceled");
  });
});

describe("a fold", () => {
  test("of the events is the lived state, at every event, and asks for what is unfinished", async () => {
    const retry = { maxAttempts: 2, initialDelayMs: 10 };
    const plan = planOf(
      [
        actionStep("a", { retry }),
        actionStep("each", { forEach: "[1, 2, 3]", parallel: true, input: "{{ item }}", continueOnError: true }),
        { kind: "parallel_list", id: "both", steps: [actionStep("x"), actionStep("y", { continueOnError: true })] },
      ],
      { outputs: { all: { value: "{{ steps.each.output }}" } } },
    );
    const fails = (call: { stepId: string; attempt: number; input: unknown }) =>
      (call.stepId === "a" && call.attempt === 1) || call.input === 2 || call.stepId === "y";
    const run = await runTest(plan, (call) => (fails(call) ? failed("BACKEND_ERROR") : ok(call.input)));
    expect(run.state.status).toBe("completed");
    expect(fold(plan, identity, run.events)).toEqual(run.state);
    for (let cut = 1; cut < run.events.length; cut++) {
      const state = fold(plan, identity, run.events.slice(0, cut));
      const wanted = pendingEffects(plan, state, state.at).filter(({ type }) => type !== "continue");
      const leaves = [...state.open.values()].filter(({ attempt }) => attempt > 0);
      expect(wanted).toHaveLength(leaves.length);
    }
  });
});
