import { expect } from "vitest";
import { readWorkflows } from "../../engine/definition/read-workflows.ts";
import type { WorkflowDefinition } from "../../engine/definition/types.ts";
import type { Scope } from "../../engine/expressions/types.ts";
import type { Json, JsonObject } from "../../engine/json.ts";
import { prepareInputs } from "../../engine/definition/validate-inputs.ts";
import type { ConformanceCase, Expectation } from "./conformance-case.ts";
import type { ConformanceHost, Played } from "./host.ts";
import { callLine, callsOf, delaysOf, eventLine, partOf } from "./observe.ts";
import { pinsOf } from "./pins.ts";

/** What the default of an input may read. */
const INPUT_SCOPE: Scope = {
  now: Date.now(),
  seed: "conformance",
  strict: false,
  root: (name) => (name === "today" ? new Date(INPUT_SCOPE.now).toISOString().slice(0, 10) : undefined),
};

/** Reads, starts and plays one case on `host`, and compares what it left with what the case expects. */
export async function runCase(host: ConformanceHost, one: ConformanceCase): Promise<void> {
  const { expect: expected, env = {}, actions = {} } = one;
  const { workflows, problems } = readWorkflows(
    JSON.stringify({ name: one.case.slice(0, 100), ...one.workflow }),
    "json",
  );
  expect(pointers(problems), "problems of the file").toEqual(expected.refused ?? []);
  const definition = workflows[0]?.definition;
  if (expected.refused || definition === undefined) return;

  const inputs = accepted(definition, one);
  if (inputs === undefined) return;
  const played = await host.run({ source: { definition, pins: pinsOf(definition) }, inputs, env, answers: actions });
  compareRecord(played, expected);
  compareCalls(played, expected);
  expect(played.events.map(({ seq }) => seq)).toEqual(played.events.map((_, index) => index + 1));
}

/** The inputs the run starts with; undefined when they are refused, as the case then expects. */
function accepted(
  definition: WorkflowDefinition,
  { inputs = {}, expect: expected }: ConformanceCase,
): JsonObject | undefined {
  const answer = prepareInputs(definition, inputs, INPUT_SCOPE, "");
  expect(answer.ok ? [] : pointers(answer.problems), "problems of the inputs").toEqual(expected.input_problems ?? []);
  return answer.ok ? answer.inputs : undefined;
}

function compareRecord({ record, events }: Played, expected: Expectation): void {
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
  for (const [path, members] of Object.entries(expected.steps ?? {})) {
    const step = record.steps.find((found) => found.path === path);
    expect(step && partOf(plain(step), members), `step ${path}`).toEqual(members);
  }
  if (expected.step_runs !== undefined) expect(record.usage.step_runs).toBe(expected.step_runs);
  if (expected.events) expect(events.map(eventLine)).toEqual(expected.events);
}

function compareCalls(played: Played, expected: Expectation): void {
  if (expected.calls) expect(played.calls.map(callLine)).toEqual(expected.calls);
  for (const [path, input] of Object.entries(expected.sent ?? {})) {
    expect(callsOf(played, path).map((call) => call.input)).toEqual(callsOf(played, path).map(() => input));
    expect(callsOf(played, path)).not.toEqual([]);
  }
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
