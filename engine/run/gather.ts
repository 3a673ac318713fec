import type { Json, JsonObject } from "../json.ts";
import type { RunError } from "../errors.ts";
import { type Instance, type RunState, tallyOf } from "./state.ts";

/** How results inside outputs call a status (section 20). */
const WORD: Readonly<Record<string, string>> = { completed: "success", failed: "error" };

/** The output of a container, from what its children left. A fold does the same, so no event carries it. */
export function gather(state: RunState, instance: Instance): Json {
  if (instance.role === "loop")
    return (instance.items ?? []).map((_, index) => instance.results?.[index]?.output ?? null);
  if (instance.role === "iteration") return lastOutput(state, instance, "steps");
  switch (instance.step?.kind) {
    case "parallel_list":
      return childrenById(state, instance);
    case "forEach":
      return iterations(instance);
    case "parallel":
      return branches(state, instance);
    case "if":
      return { branch: instance.branch ?? null, conditionResult: instance.value ?? false };
    case "switch":
      return { case: caseOf(instance.branch), matchedValue: instance.value ?? null };
    case "try":
      return tried(state, instance);
    default:
      return null;
  }
}

/** What the block's last opened child gave. */
export function lastOutput(state: RunState, instance: Instance, block: string): Json {
  const last = instance.tallies?.[block]?.last;
  return (last === undefined ? undefined : state.instances.get(last)?.output) ?? null;
}

function childrenById(state: RunState, instance: Instance): JsonObject {
  const outputs: JsonObject = {};
  for (const child of instance.step?.blocks.parallel ?? []) {
    outputs[child.id] = state.instances.get(`${instance.path}.${child.id}`)?.output ?? null;
  }
  return outputs;
}

function iterations({ items = [], results = [] }: Instance): JsonObject {
  const list = items.map((_, index): JsonObject => {
    const result = results[index];
    const status = WORD[result?.status ?? "canceled"] ?? result?.status ?? "canceled";
    return result?.error ? { status, error: errorAsJson(result.error) } : { status, output: result?.output ?? null };
  });
  const errorCount = list.filter(({ status }) => status === "error").length;
  return {
    results: list,
    successCount: list.filter(({ status }) => status === "success").length,
    errorCount,
    totalCount: items.length,
  };
}

function branches(state: RunState, instance: Instance): JsonObject {
  const { step } = instance;
  const definition = step?.definition;
  if (definition?.kind !== "parallel") return {};
  const gathered: JsonObject = {};
  let completedCount = 0;
  let errorCount = 0;
  for (const name of Object.keys(definition.branches)) {
    const block = `branches/${name}`;
    const tally = tallyOf(instance, block);
    const failed = tally.failure === undefined ? undefined : state.instances.get(tally.failure);
    if (failed?.error) {
      errorCount += 1;
      gathered[name] = { status: "error", error: errorAsJson(failed.error) };
    } else if (tally.settled === (step?.blocks[block]?.length ?? 0) && !endsCanceled(state, tally.last)) {
      completedCount += 1;
      gathered[name] = { status: "success", output: lastOutput(state, instance, block) };
    } else {
      gathered[name] = { status: "canceled" };
    }
  }
  const joinStrategy = typeof definition.join === "string" ? definition.join : "count";
  return { branches: gathered, completedCount, errorCount, joinStrategy };
}

function endsCanceled(state: RunState, last: string | undefined): boolean {
  return last !== undefined && state.instances.get(last)?.status === "canceled";
}

function tried(state: RunState, instance: Instance): JsonObject {
  const attempts = instance.pass ?? 1;
  if (instance.caught) return { status: "error", attempts, error: errorAsJson(instance.caught) };
  return { status: "success", attempts, output: lastOutput(state, instance, "steps") };
}

function caseOf(branch: string | null | undefined): Json {
  if (branch === null || branch === undefined) return null;
  return branch.startsWith("cases/") ? branch.slice("cases/".length) : branch;
}

/** `{message, code, details}`, as errors read in templates. */
export function errorAsJson({ message, code, details }: RunError): JsonObject {
  return { message, code, details: details ?? {} };
}
