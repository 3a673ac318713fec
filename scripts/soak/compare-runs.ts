import { TERMINAL_EVENTS } from "../../contracts/execution-event.ts";
import type { ExecutionRecord, StepRecord } from "../../contracts/execution.ts";
import { isObject, type Json, type JsonObject } from "../../engine/json.ts";
import type { Evidence } from "./evidence.ts";
import type { Expected } from "./expect-run.ts";

/*
 * What an execution on the platform may differ in from the same run on the memory host: times, ids of executions that it started,
 * isolates, words of errors, and how often a call came that a kill made the platform repeat. Nothing else.
 */

/** Where an execution is not what it should be, in words. */
export function differencesOf(evidence: Evidence, expected: Expected): string[] {
  const found = [
    ...expected.missing,
    ...unequal("the record", plainRecord(evidence.record), plainRecord(expected.record)),
    ...logDifferences(evidence, expected),
    ...callDifferences(evidence, expected),
  ];
  for (const [path, child] of evidence.children) {
    const wanted = expected.children.get(path);
    const inside = wanted ? differencesOf(child, wanted) : ["nobody should have started it"];
    found.push(...inside.map((text) => `${child.record.execution_id} of ${path}: ${text}`));
  }
  for (const path of expected.children.keys())
    if (!evidence.children.has(path)) found.push(`${path} started no execution`);
  return found;
}

function plainRecord(record: ExecutionRecord): JsonObject {
  const steps = record.steps.map((step) => [step.path, plainStep(step)] as const);
  const { status, workflow, execution_mode, inputs, progress, result, error, run_attempt, usage } = record;
  const once: Record<string, number> = {};
  for (const [path] of steps) once[path] = (once[path] ?? 0) + 1;
  return plain({
    status,
    workflow,
    execution_mode,
    inputs,
    progress,
    result,
    error: error && { code: error.code, step: error.details?.step },
    run_attempt,
    executions: usage.executions,
    step_runs: usage.step_runs,
    steps: Object.fromEntries(steps),
    recorded_twice: Object.keys(once).filter((path) => (once[path] ?? 0) > 1),
  });
}

function plainStep({ id, path, name, type, status, attempt, output, error, cached }: StepRecord): object {
  return { id, path, name, type, status, attempt, output: withoutTimes(output), error: error?.code, cached };
}

/** Members of a step's output that tell a time, or the id of an execution. */
const OF_THE_RUN: ReadonlySet<string> = new Set(["at", "waitedFor", "execution_id"]);

function withoutTimes(value: Json): Json {
  if (Array.isArray(value)) return value.map(withoutTimes);
  if (!isObject(value)) return value;
  const kept: JsonObject = {};
  for (const [name, member] of Object.entries(value)) if (!OF_THE_RUN.has(name)) kept[name] = withoutTimes(member);
  return kept;
}

/** Steps that run at once take their turns as they come: what is compared is the order of each path's own events. */
function logDifferences({ events, record }: Evidence, expected: Expected): string[] {
  const found: string[] = [];
  const ids = events.map(({ id }) => id);
  const gap = ids.findIndex((id, index) => id !== index + 1);
  if (gap >= 0) found.push(`the log has event ${ids[gap]} where ${gap + 1} belongs`);
  if (record.last_event_id !== ids.length)
    found.push(`the log has ${ids.length} events, the record says ${record.last_event_id}`);
  const ends = events.filter(({ type }) => TERMINAL_EVENTS.has(type)).length;
  if (ends !== record.run_attempt) found.push(`${record.run_attempt} run attempts have ended ${ends} times`);
  if (!TERMINAL_EVENTS.has(events.at(-1)?.type ?? "")) found.push("the log does not end with an end");
  const wanted = expected.events.map((event) => ({
    type: event.type,
    path: "path" in event ? event.path : undefined,
    attempt: "attempt" in event ? event.attempt : undefined,
  }));
  const shown = events.map(({ type, step_path, data }) => ({
    type,
    path: step_path ?? undefined,
    attempt: data.attempt,
  }));
  return [...found, ...unequal("the log", linesByPath(shown), linesByPath(wanted))];
}

function linesByPath(events: readonly { type: string; path?: string; attempt?: Json }[]): JsonObject {
  const lines: Record<string, string[]> = {};
  for (const { type, path = "workflow", attempt } of events) {
    // It stands wherever nothing else moved at that moment.
    if (type === "workflow.waiting") continue;
    const own = lines[path] ?? [];
    own.push(attempt === undefined ? type : `${type} #${String(attempt)}`);
    lines[path] = own;
  }
  return lines;
}

/** Every key asks for one thing and has one outcome; only attempts that a kill cut off come again. */
function callDifferences({ calls, record }: Evidence, expected: Expected): string[] {
  const found: string[] = [];
  const outputs = new Set(record.steps.map(({ output }) => nonceOf(output)));
  for (const [key, { inputs, attempts, nonce, action, step }] of calls) {
    const made = expected.calls.get(key);
    const highest = Math.max(...attempts.keys());
    if (made === undefined) found.push(`nobody should have called ${key}`);
    else if (highest > made) found.push(`attempt ${highest} of ${key} came, and ${made} should have been the last`);
    if (inputs.size > 1) found.push(`${key} came with ${inputs.size} inputs`);
    const all = [...attempts.values()];
    const succeeded = all.some(({ outcome }) => outcome.kind === "success");
    if (action === "charge" && all.some(({ times }) => times > 1))
      found.push(`${step} must not happen twice, and ${key} came again`);
    // A charge that a kill cut off may have happened, and nobody knows.
    if (succeeded && action !== "charge" && !outputs.has(nonce))
      found.push(`what ${key} was answered is not in the record`);
  }
  return [...found, ...meteredDifferences(calls, record)];
}

/** The engine counts the same on both hosts; the service counts for itself. Of a charge that a kill cut off nobody knows whether it came. */
function meteredDifferences(calls: Evidence["calls"], { steps, usage }: ExecutionRecord): string[] {
  const all = [...calls.values()];
  if (all.some(({ action }) => action === "charge")) return [];
  const sums = steps.filter(({ type, output }) => type === "action" && isObject(output) && "result" in output).length;
  const seen = all.reduce((sum, { attempts }) => sum + attempts.size, sums);
  return seen === usage.step_runs ? [] : [`${seen} attempts came to plugins, and ${usage.step_runs} were metered`];
}

function nonceOf(output: Json): string {
  return isObject(output) && typeof output.nonce === "string" ? output.nonce : "";
}

function unequal(what: string, is: Json, wanted: Json, at = ""): string[] {
  if (isObject(is) && isObject(wanted))
    return [...new Set([...Object.keys(is), ...Object.keys(wanted)])].flatMap((name) =>
      unequal(what, is[name] ?? null, wanted[name] ?? null, `${at}/${name}`),
    );
  const [left, right] = [JSON.stringify(is), JSON.stringify(wanted)];
  return left === right ? [] : [`${what} has ${left} at ${at}, the memory host ${right}`];
}

function plain(value: object): JsonObject {
  return JSON.parse(JSON.stringify(value)) as JsonObject;
}
