import { expect } from "vitest";
import { readWorkflows } from "../../engine/definition/read-workflows.ts";
import type { WorkflowDefinition } from "../../engine/definition/types.ts";
import type { Scope } from "../../engine/expressions/types.ts";
import { isObject, type Json, type JsonObject } from "../../engine/json.ts";
import type { ExecutionRecord } from "../../contracts/execution.ts";
import { prepareInputs } from "../../engine/definition/validate-inputs.ts";
import type { ConformanceCase, Expectation } from "./conformance-case.ts";
import type { ConformanceHost, Played } from "./host.ts";
import { callLine, callsOf, delaysOf, eventLine, inThisOrder, partOf } from "./observe.ts";
import { type HappeningInCase, happeningsOf } from "./happenings.ts";
import { sourceOf } from "./pins.ts";

/** Stands where a case calls no workflow: a file has at least one. */
const CALLS_NOBODY = { name: "nobody calls it" };

/** What the default of an input may read. */
function inputScope(now: number): Scope {
  const today = new Date(now).toISOString().slice(0, 10);
  return { now, seed: "conformance", strict: false, root: (name) => (name === "today" ? today : undefined) };
}

/** Reads, starts and plays one case on `host`, and compares what it left with what the case expects. */
export async function runCase(host: ConformanceHost, one: ConformanceCase): Promise<void> {
  const { expect: expected, env = {}, actions = {}, start = {}, happen = [] } = one;
  const { workflows, problems } = readWorkflows(
    JSON.stringify({ name: one.case.slice(0, 100), ...one.workflow }),
    "json",
  );
  expect(pointers(problems), "problems of the file").toEqual(expected.refused ?? []);
  const definition = workflows[0]?.definition;
  if (expected.refused || definition === undefined) return;
  const source = sourceOf(definition, calledWorkflows(one));

  const inputs = accepted(definition, one, host.now());
  if (inputs === undefined) return;
  const happenings = happeningsOf(happen);
  const played = await host.run({ source, inputs, env, answers: actions, start, happenings });
  compareLooks(played, happen);
  compareRecord(played, expected);
  compareCalls(played, expected);
  expect(played.events.map(({ seq }) => seq)).toEqual(played.events.map((_, index) => index + 1));
}

/** The workflows that the case's steps call: they stand in it as files do, and have no problems. */
function calledWorkflows(one: ConformanceCase): WorkflowDefinition[] {
  const { workflows, problems } = readWorkflows(JSON.stringify({ workflows: one.workflows ?? [CALLS_NOBODY] }), "json");
  expect(problems, "problems of the called workflows").toEqual([]);
  return workflows.map(({ definition }) => definition);
}

/** The inputs the run starts with; undefined when they are refused, as the case then expects. */
function accepted(
  definition: WorkflowDefinition,
  { inputs = {}, expect: expected }: ConformanceCase,
  now: number,
): JsonObject | undefined {
  const answer = prepareInputs(definition, inputs, inputScope(now), "");
  expect(answer.ok ? [] : pointers(answer.problems), "problems of the inputs").toEqual(expected.input_problems ?? []);
  return answer.ok ? answer.inputs : undefined;
}

/** What was seen while the run went on, and which acts were refused. */
function compareLooks({ seen }: Played, happen: readonly HappeningInCase[]): void {
  const looks = happen.flatMap(({ see }) => (see === undefined ? [] : [see]));
  for (const [index, look] of looks.entries()) {
    const { steps, ...members } = look;
    const record = seen[index];
    if (record === undefined) throw new Error(`the host did not look ${index + 1} times`);
    expect(partOf(plain(record), members), `look ${index + 1}`).toEqual(members);
    compareSteps(record, isObject(steps) ? steps : {}, `look ${index + 1}: `);
  }
}

function compareSteps({ steps }: ExecutionRecord, expected: JsonObject, label = ""): void {
  for (const [path, members] of Object.entries(expected)) {
    const step = steps.find((found) => found.path === path);
    expect(step ? partOf(plain(step), members) : null, `${label}step ${path}`).toEqual(members);
  }
}

function compareRecord({ record, events, refusals }: Played, expected: Expectation): void {
  const { error } = record;
  expect({ status: record.status, error: record.status === expected.status ? undefined : error }).toEqual({
    status: expected.status,
    error: undefined,
  });
  if (expected.outputs) expect(record.result?.outputs).toEqual(expected.outputs);
  if (expected.error) {
    const { message_contains: part, ...rest } = expected.error;
    expect(partOf({ ...error }, rest)).toEqual(rest);
    if (typeof part === "string") expect(error?.message).toContain(part);
  }
  compareSteps(record, expected.steps ?? {});
  if (expected.record) expect(partOf(plain(record), expected.record)).toEqual(expected.record);
  expect(refusals, "refused acts").toEqual(expected.refusals ?? []);
  if (expected.step_runs !== undefined) expect(record.usage.step_runs).toBe(expected.step_runs);
  if (expected.events) expect(events.map(eventLine)).toEqual(expected.events);
  if (expected.some_events)
    expect(inThisOrder(events.map(eventLine), expected.some_events)).toEqual(expected.some_events);
}

function compareCalls(played: Played, expected: Expectation): void {
  if (expected.calls) expect(played.calls.map(callLine)).toEqual(expected.calls);
  for (const [path, input] of Object.entries(expected.sent ?? {})) {
    expect(callsOf(played, path).map((call) => call.input)).toEqual(callsOf(played, path).map(() => input));
    expect(callsOf(played, path)).not.toEqual([]);
  }
  const pathOfKey = new Map(played.calls.map(({ idempotencyKey, path }) => [idempotencyKey, path]));
  for (const { idempotencyKey, path } of played.calls)
    expect(pathOfKey.get(idempotencyKey), "each step, iteration and visit has a key of its own").toBe(path);
  for (const path of expected.same_request ?? []) {
    const requests = callsOf(played, path).map(({ input, idempotencyKey }) => JSON.stringify([input, idempotencyKey]));
    expect(requests.length).toBeGreaterThan(1);
    expect(new Set(requests).size).toBe(1);
  }
  if (expected.delays) expect(delaysOf(played)).toEqual(expected.delays);
  if (expected.delays_within) {
    const delays = delaysOf(played);
    expect(delays).toHaveLength(expected.delays_within.length);
    for (const [index, [least, most]] of expected.delays_within.entries()) {
      expect(delays[index]).toBeGreaterThanOrEqual(least);
      expect(delays[index]).toBeLessThanOrEqual(most);
    }
  }
  if (expected.in_flight !== undefined) expect(played.inFlight).toBe(expected.in_flight);
}

function pointers(problems: readonly { path: string }[]): string[] {
  return problems.map(({ path }) => path).sort();
}

function plain(value: object): JsonObject {
  const copy: Json = JSON.parse(JSON.stringify(value));
  return copy as JsonObject;
}
