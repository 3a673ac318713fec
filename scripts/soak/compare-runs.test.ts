import { expect, test } from "vitest";
import { executionEvent } from "../../contracts/execution-event.ts";
import { executionRecord } from "../../contracts/execution-record.ts";
import { MemoryExecution } from "../../engine/driver/memory-host.ts";
import { VirtualClock } from "../../engine/driver/virtual-clock.ts";
import { isObject } from "../../engine/json.ts";
import { compilePlan } from "../../engine/plan/compile-plan.ts";
import { isTerminal } from "../../engine/run/transition.ts";
import type { ActionCall, ActionResult } from "../../engine/run/types.ts";
import { differencesOf } from "./compare-runs.ts";
import type { Evidence } from "./evidence.ts";
import { expectRun } from "./expect-run.ts";
import { readSources } from "./read-sources.ts";
import type { KeyedCalls } from "./soak-service.ts";
import type { SoakRun } from "./soak-run.ts";

/*
 * The audit must see what it is for: here an execution that is right, and then what a broken platform would leave of it.
 */
const RUN: SoakRun = { number: 1, workflow: "retrying", inputs: { n: 3, key: "k" }, mode: "async", acts: [] };
const KNOWN = { actor: "key_soak", kills: [] };
const sources = readSources();

function sourceOf({ workflow }: SoakRun) {
  const source = sources.get(workflow);
  if (!source) throw new Error(`there is no ${workflow}`);
  return source;
}

/** What the platform and the service would have of a run. */
async function evidenceOf(run: SoakRun): Promise<Evidence> {
  const clock = new VirtualClock(Date.UTC(2026, 10, 20, 12));
  const plan = compilePlan(sourceOf(run));
  const executionId = "exec_soak";
  const calls = new Map<string, KeyedCalls>();
  const execution = new MemoryExecution({
    plan,
    identity: { executionId, runAttempt: 1 },
    inputs: run.inputs,
    clock,
    callAction: (call) => answered(calls, executionId, call),
  });
  execution.deliver({ type: "start", inputs: run.inputs });
  while (!isTerminal(execution.state.status)) {
    await new Promise((resolve) => setImmediate(resolve));
    if (!isTerminal(execution.state.status)) clock.fireNext();
  }
  const head = { executionId, mode: run.mode, createdAt: Date.UTC(2026, 10, 20, 12) };
  const record = executionRecord(plan, execution.state, head, clock.now());
  const events = execution.events.map((event) => executionEvent(plan, executionId, event));
  return structuredClone({ record, events, calls, children: new Map() });
}

function answered(calls: Map<string, KeyedCalls>, execution: string, call: ActionCall): ActionResult {
  const { attempt, idempotencyKey: key, path: step, input } = call;
  const usage = { compute_ms: 1, egress_bytes: 0 };
  if (call.action.action === "add") return { ok: true, output: { result: 0 }, usage };
  const { fails = 0, cuts = 0, value = null } = isObject(input) ? input : {};
  const nonce = `nonce of ${step}`;
  const known = calls.get(key) ?? {
    execution,
    step,
    action: call.action.action,
    inputs: new Set(),
    attempts: new Map(),
    nonce,
  };
  known.inputs.add(JSON.stringify(input));
  calls.set(key, known);
  const data = { nonce, value };
  const kind = attempt <= Number(fails) ? "error" : attempt <= Number(cuts) ? "cut" : "success";
  const outcome =
    kind === "error" ? { kind, code: "UNAVAILABLE" as const } : kind === "cut" ? { kind } : { kind, data };
  known.attempts.set(attempt, { outcome, times: 1 });
  if (kind === "success") return { ok: true, output: data, usage };
  return { ok: false, error: { code: "UNAVAILABLE", message: kind }, outcomeUnknown: kind === "cut", usage };
}

/** The differences after `plant` has spoilt what was there. */
async function planted(plant: (evidence: Evidence) => void, run = RUN): Promise<string> {
  const evidence = await evidenceOf(run);
  plant(evidence);
  return differencesOf(evidence, await expectRun(sourceOf(run), run, evidence, KNOWN)).join("\n");
}

const callOf = ({ calls }: Evidence, step: string): KeyedCalls => {
  const found = [...calls.values()].find((it) => it.step === step);
  if (!found) throw new Error(`${step} called nobody`);
  return found;
};

test("an execution that is right differs in nothing, also where calls came again after a kill", async () => {
  expect(await planted(() => undefined)).toBe("");
  const again = (evidence: Evidence): void => {
    for (const { attempts } of evidence.calls.values()) for (const it of attempts.values()) it.times += 2;
  };
  expect(await planted(again)).toBe("");
  for (const workflow of ["fan", "graph", "undone", "caught", "late"])
    expect(await planted(() => undefined, { ...RUN, workflow }), workflow).toBe("");
});

test("a step that was recorded or made twice is seen", async () => {
  expect(await planted(({ record }) => record.steps.push(...record.steps.slice(0, 1)))).toContain("recorded_twice");
  const oneMore = (evidence: Evidence): void => {
    const { attempts } = callOf(evidence, "d");
    attempts.set(2, { outcome: { kind: "success", data: null }, times: 1 });
  };
  expect(await planted(oneMore)).toContain("attempt 2 of exec_soak:1:d came, and 1 should have been the last");
  const twice = (evidence: Evidence): void => {
    for (const it of callOf(evidence, "pay").attempts.values()) it.times += 1;
  };
  expect(await planted(twice, { ...RUN, workflow: "charged" })).toContain("pay must not happen twice");
});

test("a result that is another's, or is lost, is seen", async () => {
  const wrong = ({ record }: Evidence): void => {
    const step = record.steps.find(({ path }) => path === "c");
    if (step) step.output = { nonce: "nonce of a", value: 1 };
  };
  const said = await planted(wrong);
  expect(said).toContain("/steps/c/output/nonce");
  expect(said).toContain("what exec_soak:1:c was answered is not in the record");
  const never = ({ calls }: Evidence): unknown => calls.delete("exec_soak:1:e");
  expect(await planted(never)).toContain("attempt 1 of e never came to the service");
  const changed = (evidence: Evidence): unknown => callOf(evidence, "b").inputs.add("{}");
  expect(await planted(changed)).toContain("exec_soak:1:b came with 2 inputs");
});

test("an attempt that is not metered, a wrong status and a wrong attempt are seen", async () => {
  const unmetered = ({ record }: Evidence): void => {
    record.usage.step_runs -= 1;
  };
  expect(await planted(unmetered)).toContain("/step_runs");
  const never = (evidence: Evidence): void => {
    const { attempts } = callOf(evidence, "a");
    attempts.delete(2);
  };
  expect(await planted(never)).toContain("attempts came to plugins, and");
  const failed = ({ record }: Evidence): void => {
    record.status = "failed";
  };
  expect(await planted(failed)).toContain("/status");
  const short = ({ record }: Evidence): void => {
    for (const step of record.steps) if (step.path === "e") step.attempt = 1;
  };
  expect(await planted(short)).toContain("/steps/e/attempt");
});

test("a log with a gap, without its end, or with an event too many is seen", async () => {
  expect(await planted(({ events }) => void events.splice(3, 1))).toContain("the log has event 5 where 4 belongs");
  expect(await planted(({ events }) => void events.pop())).toContain("the log does not end with an end");
  const doubled = ({ events, record }: Evidence): void => {
    const [first] = events.slice(2, 3);
    if (first) events.splice(3, 0, first);
    for (const [index, event] of events.entries()) events[index] = { ...event, id: index + 1 };
    record.last_event_id += 1;
  };
  expect(await planted(doubled)).toContain("the log has");
});
