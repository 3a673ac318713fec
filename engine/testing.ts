import { type PinnedAction, type Pins, pinKey } from "./connector.ts";
import { childBlocks } from "./definition/child-blocks.ts";
import type { StepDefinition, WorkflowDefinition } from "./definition/types.ts";
import { VirtualClock } from "./driver/virtual-clock.ts";
import { type FinishedRun, MemoryExecution } from "./driver/memory-host.ts";
import type { JsonObject } from "./json.ts";
import { compilePlan } from "./plan/compile-plan.ts";
import type { Plan } from "./plan/types.ts";
import type { ActionCall, ActionResult } from "./run/types.ts";

/*
 * The declared seam for tests of the engine: small definitions without files, connectors that need no manifest, and runs
 * in virtual time. Product code does not import it.
 */

export const TEST_START = Date.UTC(2026, 0, 1);

/** An action step of the connector `test`, whose action is its own id. */
export function actionStep(id: string, fields: Record<string, unknown> = {}): StepDefinition {
  return { kind: "action", id, connector: "connector:test/test@1.0.0", action: id, ...fields };
}

/** A plan of `steps`; every action is pinned, idempotent unless `pins` says otherwise. */
export function planOf(
  steps: StepDefinition[],
  fields: Partial<WorkflowDefinition> = {},
  pin: Partial<PinnedAction> = {},
): Plan {
  const pins: Pins = {};
  const collect = (step: StepDefinition): void => {
    if (step.kind === "action") pins[pinKey(step.connector, step.action)] = testPin(step.action, pin);
    for (const { steps: children } of childBlocks(step)) children.forEach(collect);
  };
  steps.forEach(collect);
  const definition = { name: "Test", slug: "test", version: "1.0.0", inputs: {}, outputs: {}, steps, ...fields };
  return compilePlan({ definition, pins });
}

function testPin(action: string, pin: Partial<PinnedAction>): PinnedAction {
  const base = { namespace: "test", connector: "test", version: "1.0.0", action };
  return { ...base, plugin: "toolbox", idempotent: true, handler: {}, ...pin };
}

export interface TestRun extends FinishedRun {
  calls: ActionCall[];
  clock: VirtualClock;
  execution: MemoryExecution;
}

/** Runs a plan in virtual time: `answer` settles every call; time jumps to the next timer whenever nothing is in flight. */
export async function runTest(
  plan: Plan,
  answer: (call: ActionCall) => ActionResult | Promise<ActionResult>,
  inputs: JsonObject = {},
): Promise<TestRun> {
  const clock = new VirtualClock(TEST_START);
  const calls: ActionCall[] = [];
  const execution = new MemoryExecution({
    plan,
    identity: { executionId: "exec_test", runAttempt: 1 },
    inputs,
    clock,
    callAction: (call) => {
      calls.push(call);
      return answer(call);
    },
  });
  let finished: FinishedRun | undefined;
  const done = execution.done.then((run) => {
    finished = run;
    return run;
  });
  execution.deliver({ type: "start", inputs });
  for (let idle = 0; !finished && idle < 50; idle++) {
    await settleMicrotasks();
    if (!finished && clock.fireNext()) idle = 0;
  }
  if (!finished) throw new Error("the run does not end");
  return { ...(await done), calls, clock, execution };
}

/** A successful result. */
export function ok(output: unknown): ActionResult {
  return { ok: true, output: JSON.parse(JSON.stringify(output)), usage: { compute_ms: 1, egress_bytes: 0 } };
}

/** A failed result. */
export function failed(code: "UNAVAILABLE" | "BACKEND_ERROR" | "VALIDATION" | "TIMEOUT", message = "no"): ActionResult {
  return { ok: false, error: { code, message } };
}

async function settleMicrotasks(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
}
