import { expect, test } from "vitest";
import type { StepDefinition } from "../definition/types.ts";
import { fold } from "../run/apply.ts";
import { newRun } from "../run/new-run.ts";
import type { RunState } from "../run/state.ts";
import { transition } from "../run/transition.ts";
import type { ActionCall, StampedEvent } from "../run/types.ts";
import { actionStep, failed, ok, planOf, runTest, TEST_START } from "../testing.ts";
import type { HostPort } from "./host-port.ts";
import { RunDriver } from "./run-driver.ts";

const identity = { executionId: "exec_test", runAttempt: 1 };
const forever = (): Promise<never> => new Promise(() => undefined);

/** A host that keeps what it is given until `write`, as one that groups commits does. */
class GroupingHost implements HostPort {
  readonly calls: ActionCall[] = [];
  readonly events: StampedEvent[] = [];
  #done: (() => void)[] = [];

  now = (): number => TEST_START;
  commit(events: readonly StampedEvent[], done: () => void): void {
    this.events.push(...events);
    this.#done.push(done);
  }
  write(): void {
    const done = this.#done;
    this.#done = [];
    for (const task of done) task();
  }
  call(call: ActionCall): Promise<never> {
    this.calls.push(call);
    return forever();
  }
  abort(): void {}
  readonly awaited = new Set<string>();
  awaitEvent(path: string): void {
    this.awaited.add(path);
  }
  forgetEvent(path: string): void {
    this.awaited.delete(path);
  }
  at(): () => void {
    return () => undefined;
  }
  soon(): void {}
  crashed(error: unknown): void {
    throw error;
  }
}

/** A host that writes at once. */
class WritingHost extends GroupingHost {
  override commit(events: readonly StampedEvent[], done: () => void): void {
    super.commit(events, done);
    this.write();
  }
}

test("calls that never come back give their places in the limit away when their time is over", async () => {
  const many = actionStep("many", {
    forEach: "{{ range(130) }}",
    parallel: true,
    continueOnError: true,
    timeoutMs: 100,
    retry: { maxAttempts: 1 },
    input: "{{ item }}",
  });
  const after = actionStep("after", { forEach: "{{ range(120) }}", parallel: true, input: "{{ item }}" });
  const run = await runTest(planOf([many, after]), (call) =>
    call.stepId === "many" && Number(call.input) < 110 ? forever() : ok(call.input),
  );
  expect(run.state.status).toBe("completed");
  expect(run.calls).toHaveLength(250);
  expect(run.state.usage.stepRuns, "each reached its plugin").toBe(250);
});

test("a cancel meters the calls that are on their way, and not those that wait for a place", () => {
  const host = new WritingHost();
  const lists: StepDefinition[] = ["some", "more"].map((id) =>
    actionStep(id, { forEach: "{{ range(80) }}", parallel: true, input: "{{ item }}" }),
  );
  const driver = new RunDriver(planOf([{ kind: "parallel_list", id: "both", steps: lists }]), newRun(identity), host);
  driver.deliver({ type: "start", inputs: {} });
  expect(host.calls).toHaveLength(100);
  driver.deliver({ type: "cancel" });
  expect(driver.state).toMatchObject({ status: "canceled", usage: { stepRuns: 100 } });
});

test("an answer that comes after its attempt was given up changes nothing", async () => {
  const slow = actionStep("slow", { timeoutMs: 100, retry: { maxAttempts: 2, initialDelayMs: 10, jitter: false } });
  let late: ((answer: ReturnType<typeof ok>) => void) | undefined;
  const run = await runTest(planOf([slow], { outputs: { was: { value: "{{ steps.slow.output }}" } } }), (call) => {
    if (call.attempt === 1) return new Promise((resolve) => (late = resolve));
    late?.(ok("late"));
    return Promise.resolve()
      .then(() => undefined)
      .then(() => ok("second"));
  });
  expect(run.state.outputs).toEqual({ was: "second" });
});

test("an attempt that was cancelled before its commit was written is never sent", () => {
  const host = new GroupingHost();
  const plan = planOf([actionStep("a")]);
  const driver = new RunDriver(plan, newRun(identity), host);
  driver.deliver({ type: "start", inputs: {} });
  driver.deliver({ type: "cancel" });
  host.write();
  expect(driver.state).toMatchObject({ status: "canceled", usage: { stepRuns: 0 } });
  expect(host.calls).toEqual([]);
});

test("an attempt that was on its way before a restart is metered, though it ends before it is sent again", () => {
  const plan = planOf([actionStep("a")]);
  const { events } = transition(plan, newRun(identity), { type: "start", inputs: {} }, TEST_START);
  const driver = new RunDriver(plan, fold(plan, identity, events), new WritingHost());
  driver.deliver({ type: "cancel" });
  expect(driver.state).toMatchObject({ status: "canceled", usage: { stepRuns: 1 } });
});

test("after a restart nothing is sent for steps that the settling of an interrupted attempt ended", () => {
  const list: StepDefinition = {
    kind: "parallel_list",
    id: "both",
    steps: [actionStep("once"), actionStep("again")],
  };
  const plan = planOf([list]);
  for (const pin of Object.values(plan.pins)) pin.idempotent = pin.action !== "once";
  const before = newRun(identity);
  const { events } = transition(plan, before, { type: "start", inputs: {} }, TEST_START);
  const host = new GroupingHost();
  const state: RunState = fold(plan, identity, events);
  new RunDriver(plan, state, host).resume();
  host.write();
  expect(state.status).toBe("failed");
  expect(state.error).toMatchObject({ code: "UNAVAILABLE", details: { reason: "outcome_unknown" } });
  expect(host.calls).toEqual([]);
  expect(state.usage.stepRuns, "what was cancelled, and not what the restart broke off").toBe(1);
});

test("after a restart a call is repeated where the method that its input names does no harm", () => {
  const calling = (method: string): string[] => {
    const steps = [actionStep("a", { input: { method } })];
    const idempotentWith = { member: "method", methods: ["GET"], otherwise: false };
    const plan = planOf(steps, {}, { idempotent: false, idempotentWith });
    const { events } = transition(plan, newRun(identity), { type: "start", inputs: {} }, TEST_START);
    const host = new GroupingHost();
    new RunDriver(plan, fold(plan, identity, events), host).resume();
    host.write();
    return host.calls.map(({ path }) => path);
  };
  expect([calling("GET"), calling("POST")]).toEqual([["a"], []]);
});

test("after a restart no key is awaited for steps that the settling of an interrupted attempt ended", () => {
  const wait: StepDefinition = { kind: "wait", id: "w", until: { event: "paid", key: "k" } };
  const plan = planOf([{ kind: "parallel_list", id: "both", steps: [actionStep("once"), wait] }]);
  for (const pin of Object.values(plan.pins)) pin.idempotent = false;
  const { events } = transition(plan, newRun(identity), { type: "start", inputs: {} }, TEST_START);
  const host = new WritingHost();
  new RunDriver(plan, fold(plan, identity, events), host).resume();
  expect([...host.awaited]).toEqual([]);
});

test("a failed attempt's answer after its sibling ended the run is not retried", async () => {
  const list: StepDefinition = { kind: "parallel_list", id: "both", steps: [actionStep("a"), actionStep("b")] };
  const run = await runTest(planOf([list]), (call) => failed(call.stepId === "a" ? "VALIDATION" : "UNAVAILABLE"));
  expect(run.state.status).toBe("failed");
  expect(run.calls).toHaveLength(2);
});

test("a call that throws is its host's bug: the host hears of it, and nothing waits for the call any more", async () => {
  const bug = new Error("no such table");
  const heard: unknown[] = [];
  class BrokenHost extends WritingHost {
    override call(): Promise<never> {
      return Promise.reject(bug);
    }
    override crashed(error: unknown): void {
      heard.push(error);
    }
  }
  const plan = planOf([actionStep("a")]);
  const driver = new RunDriver(plan, newRun(identity), new BrokenHost());
  driver.deliver({ type: "start", inputs: {} });
  await Promise.resolve();
  await Promise.resolve();
  expect(heard).toEqual([bug]);
});
