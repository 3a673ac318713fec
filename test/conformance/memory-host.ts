import { deepStrictEqual } from "node:assert";
import { executionRecord } from "../../contracts/execution-record.ts";
import { MemoryExecution } from "../../engine/driver/memory-host.ts";
import { VirtualClock } from "../../engine/driver/virtual-clock.ts";
import { compilePlan } from "../../engine/plan/compile-plan.ts";
import { fold } from "../../engine/run/apply.ts";
import type { RunState } from "../../engine/run/state.ts";
import { isTerminal } from "../../engine/run/transition.ts";
import type { ActionCall, RunCommand, StampedEvent } from "../../engine/run/types.ts";
import type { ConformanceHost, Played, Scenario } from "./host.ts";
import { platformCalls } from "./platform-calls.ts";
import { play, type Stage } from "./play.ts";
import { Script } from "./script.ts";

const ACTOR = "key_conformance";
const START = Date.UTC(2026, 10, 20, 12);

/**
 * The engine alone, in this process, in virtual time: a wait of an hour takes none. A `forgetful` one knows nothing but the
 * stored events: whatever happens next meets a state that was folded from them.
 */
export function memoryHost({ forgetful = false } = {}): ConformanceHost {
  return { now: () => START, run: (scenario) => run(scenario, forgetful) };
}

async function run({ source, inputs, env, answers, start, happenings }: Scenario, forgetful: boolean): Promise<Played> {
  const clock = new VirtualClock(START);
  const wait = (ms: number) => new Promise<void>((resolve) => clock.at(clock.now() + ms, resolve));
  const script = new Script(answers, wait);
  const plan = compilePlan(source);
  const identity = { executionId: "exec_conformance", runAttempt: 1 };
  const { roles = [], permissions = [], actor = ACTOR, budget, max_steps: maxSteps, start_after_ms: delay } = start;
  const principal = { roles, permissions };
  const platform = await platformCalls();
  const callAction = (call: ActionCall) => platform(call) ?? script.answer(call);
  const execution = new MemoryExecution({
    plan,
    identity,
    inputs,
    env,
    principal,
    actor,
    clock,
    cache: new Map(),
    callAction,
  });
  const head = { executionId: identity.executionId, mode: "async" as const, createdAt: START };
  const recordOf = (state: RunState) => executionRecord(plan, state, head, clock.now());
  const folded = () => fold(plan, identity, storedEvents(execution.events));
  const record = () => recordOf(execution.state);
  const hold = delay === undefined ? undefined : { kind: "time" as const, due: START + delay };
  execution.deliver({ type: "start", inputs, env, principal, actor, budget, maxSteps, hold });
  const act = async (command: RunCommand) => execution.deliver(command)?.code;
  const tell = async (task: Task) => tellTask(execution, script, task);
  const story = play(happenings, { now: () => clock.now(), wait, record, act, tell }, script);
  const ended = Promise.all([execution.done, story]);
  const terminal = () => isTerminal(execution.state.status);
  let over = false;
  const settle = () => {
    over = true;
  };
  ended.then(settle, settle);
  for (;;) {
    await new Promise((resolve) => setImmediate(resolve));
    // After a retry it has another end.
    if (over && terminal()) break;
    if (forgetful) replace(execution.state, folded());
    if (!clock.fireNext()) throw new Error("the run is not over, and nothing more is due");
  }
  const [{ events }, witnessed] = await ended;
  deepStrictEqual(recordOf(folded()), record(), "the fold of the events is another state");
  return { events, record: record(), calls: script.calls, inFlight: script.inFlight, ...witnessed };
}

type Task = Parameters<Stage["tell"]>[0];

/** What a service says of an attempt counts while that attempt is in flight. */
function tellTask(execution: MemoryExecution, script: Script, { path, attempt, report }: Task): string | undefined {
  const instance = execution.state.open.get(path);
  if (instance?.status !== "running" || instance.attempt !== attempt) return "CONFLICT";
  if (report.kind === "finish") {
    execution.deliver({ type: "result", path, attempt, result: script.finish(report.envelope) });
    return undefined;
  }
  execution.deliver({ type: "heartbeat", path, attempt });
  if (report.kind === "progress") execution.deliver({ type: "progress", path, attempt, ...messageOf(report) });
  return undefined;
}

function messageOf({ percent, message }: { percent?: number; message?: string }) {
  return { percent, message };
}

/** As they come back from a disk. */
function storedEvents(events: readonly StampedEvent[]): StampedEvent[] {
  return JSON.parse(JSON.stringify(events));
}

/** Puts `other` in the place of `state`: what holds it does not notice. */
function replace(state: RunState, other: RunState): void {
  for (const key of Object.keys(state)) if (!Object.hasOwn(other, key)) Reflect.deleteProperty(state, key);
  Object.assign(state, other);
}
