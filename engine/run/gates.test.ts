import { expect, test } from "vitest";
import type { StepDefinition, WorkflowDefinition } from "../definition/types.ts";
import { actionStep, failed, ok, planOf, runTest, TEST_START } from "../testing.ts";
import { fold } from "./apply.ts";
import { newRun } from "./new-run.ts";
import { transition } from "./transition.ts";
import type { Effect, EngineInput, StampedEvent } from "./types.ts";

/** A run that is given its inputs by hand; every transition is one second after the one before. */
class HandRun {
  readonly identity = { executionId: "exec_gates", runAttempt: 1 };
  readonly plan;
  readonly state = newRun(this.identity);
  readonly events: StampedEvent[] = [];
  readonly timers = new Map<string, number>();
  #now = TEST_START;

  constructor(steps: StepDefinition[], fields: Partial<WorkflowDefinition> = {}) {
    this.plan = planOf(steps, fields);
    this.give({ type: "start", inputs: {}, actor: "key_starter" });
  }

  give(input: EngineInput): string[] {
    this.#now += 1_000;
    const { events, effects } = transition(this.plan, this.state, input, this.#now);
    this.events.push(...events);
    for (const effect of effects) this.#perform(effect);
    return events.map(({ type }) => type);
  }

  decide(step: string, decision: "approve" | "reject" = "approve"): string[] {
    return this.give({ type: "decide", step, decision, by: "key_boss", roles: [] });
  }

  status(path: string): string | undefined {
    return this.state.instances.get(path)?.status;
  }

  #perform(effect: Effect): void {
    if (effect.type === "setTimer") this.timers.set(effect.name, effect.due);
    if (effect.type === "clearTimer") this.timers.delete(effect.name);
  }
}

const GATE = { approval: { approvers: [], timeout: "2h" } };
const asks = (fields: Partial<StepDefinition> = {}): StepDefinition =>
  ({ kind: "approval", id: "ask", approvers: [], ...fields }) as StepDefinition;

test("an approval behind an approval is decided for itself", () => {
  const run = new HandRun([asks({ authorization: GATE })]);
  run.decide("ask");
  expect(run.state.status).toBe("waiting");
  expect(run.decide("ask", "reject")).toContain("step.failed");
  expect(run.state.status).toBe("failed");
});

test("a pause does not take the decision of a gate for the approval behind it", () => {
  const run = new HandRun([asks({ authorization: GATE })]);
  run.decide("ask");
  run.give({ type: "pause" });
  run.give({ type: "resume" });
  expect(run.status("ask")).toBe("waiting");
});

test("the timer of a gate is taken back when it is decided, that of the workflow's too", () => {
  const run = new HandRun([actionStep("a", { authorization: GATE })], { authorization: GATE });
  expect([...run.timers.keys()]).toEqual(["wait:"]);
  run.decide("workflow");
  expect([...run.timers.keys()]).toEqual(["wait:a"]);
  run.decide("a");
  expect([...run.timers.keys()]).toEqual([]);
});

test("a timer that nothing is due for changes nothing", () => {
  const until = { event: "paid" };
  const run = new HandRun([
    { kind: "parallel_list", id: "both", steps: [{ kind: "wait", id: "w", until }, asks(), actionStep("a")] },
  ]);
  for (const name of ["limit:both", "limit:both.a", "wait:both.w", "wait:both.ask", "retry:both.a", "workflow"])
    expect(run.give({ type: "timer", name }), name).toEqual([]);
});

test("by its id, the approval that still waits is decided, though the newest was decided during a pause", () => {
  const run = new HandRun([asks({ forEach: "[1, 2]", parallel: true } as Partial<StepDefinition>)]);
  run.give({ type: "pause" });
  expect(run.decide("ask")).toEqual(["approval.decided"]);
  expect(run.decide("ask")).toEqual(["approval.decided"]);
  run.give({ type: "resume" });
  expect(run.state.status).toBe("completed");
});

test("a resume moves what is waited for, and leaves what the events say", () => {
  const run = new HandRun([{ kind: "wait", id: "w", duration: "1h" }]);
  const before = JSON.stringify(run.events);
  run.give({ type: "pause" });
  run.give({ type: "resume" });
  expect(JSON.stringify(run.events).startsWith(before.slice(0, -1))).toBe(true);
  expect(fold(run.plan, run.identity, run.events)).toEqual(run.state);
});

const CONNECTORS = { approval: { approvers: ["ops"], timeout: "1h", onTimeout: "allow" } };

test("a connector's gate holds no ending run back: what undoes a step waits only where it says so itself", async () => {
  const undo = [
    actionStep("undo"),
    { kind: "parallel_list", id: "both", steps: [actionStep("left"), actionStep("right")] } as StepDefinition,
    actionStep("asked", { authorization: { approval: { approvers: [], timeout: 60, onTimeout: "allow" } } }),
  ];
  const plan = planOf([{ ...actionStep("a"), compensate: undo }, actionStep("b")], {}, CONNECTORS);
  const { events, calls } = await runTest(plan, ({ action }) => (action.action === "b" ? failed("VALIDATION") : ok(1)));
  expect(calls.map(({ path }) => path)).toEqual(
    expect.arrayContaining(["a", "b", "a.undo", "a.both.left", "a.both.right", "a.asked"]),
  );
  const waited = events.flatMap((event) => (event.type === "step.waiting" ? [event.path] : []));
  expect(waited).toEqual(["a", "b", "a.asked"]);
});

test("a step's own approval stands for that of its connector, whoever it names and however it ends", async () => {
  const own = { approvers: ["boss"], timeout: "1s", onTimeout: "allow", allow_self: true };
  const gateOf = (authorization: object) =>
    planOf([actionStep("a", { authorization })], {}, CONNECTORS).byAddress.get("a")?.approval;
  expect(gateOf({ approval: own })).toEqual(own);
  for (const none of [{ enabled: false, approval: own }, { approval: { ...own, required: false } }, {}])
    expect(gateOf(none)).toEqual(CONNECTORS.approval);
});
