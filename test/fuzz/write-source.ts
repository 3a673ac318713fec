import type { StepDefinition, WorkflowDefinition } from "../../engine/definition/types.ts";
import { isObject, type Json, type JsonObject } from "../../engine/json.ts";

/** Members of a definition that are written under another name, or in another form. */
const NAMES: Readonly<Record<string, string>> = {
  forEach: "for_each",
  maxConcurrency: "max_concurrency",
  timeoutMs: "timeout_ms",
  continueOnError: "continue_on_error",
  onShutdown: "on_shutdown",
  everyMs: "every",
  test: "condition",
};

/** A definition → a workflow as a file would hold it: the reverse of reading, so that reading can be checked against it. */
export function writeSource(definition: WorkflowDefinition): JsonObject {
  const { slug, graph, steps, inputs, outputs, timeoutMs, ...rest } = definition;
  const written = plain(rest);
  const graphFields = graph === undefined ? {} : { ...plain(graph), nodes: graph.nodes.map(writeStep) };
  return {
    ...written,
    id: slug,
    ...(graph === undefined ? { steps: steps.map(writeStep) } : graphFields),
    ...(timeoutMs === undefined ? {} : { timeout_ms: timeoutMs }),
    inputs: Object.fromEntries(
      Object.entries(inputs).map(([name, { type, schema, ...declared }]) => [
        name,
        { ...(type === undefined ? {} : { type }), ...schema, ...plain(declared) },
      ]),
    ),
    outputs: plain(outputs),
  };
}

function writeStep(step: StepDefinition): JsonObject {
  const { kind, ...members } = step;
  const written: JsonObject = { type: kind };
  for (const [key, value] of Object.entries(plain(members))) {
    if (key === "cache" && isObject(value)) {
      const { ttlMs, ...cache } = value;
      written.cache = { ...cache, ...(ttlMs === undefined ? {} : { ttl: `${ttlMs}ms` }) };
    } else if (key === "everyMs") written.every = `${value}ms`;
    else if (key === "connectionWaitMs") {
      written.on_missing_connection = "wait";
      written.connection_timeout = `${value}ms`;
    } else written[NAMES[key] ?? key] = writeBlock(step, key, value);
  }
  if (kind === "parallel_list") {
    written.parallel = written.steps ?? null;
    delete written.steps;
    delete written.type;
  }
  return written;
}

/** Blocks are read from the definition itself: in its JSON a block looks like any list. */
function writeBlock(step: StepDefinition, key: string, value: Json): Json {
  const member: unknown = Reflect.get(step, key);
  if (isSteps(key, member)) return member.map(writeStep);
  if ((key === "cases" || key === "branches") && isObject(value))
    return Object.fromEntries(
      Object.entries(member as Record<string, StepDefinition[]>).map(([name, list]) => [name, list.map(writeStep)]),
    );
  return value;
}

const BLOCKS = ["steps", "then", "else", "default", "catch", "finally", "compensate", "onShutdown"];

function isSteps(key: string, member: unknown): member is StepDefinition[] {
  return BLOCKS.includes(key) && Array.isArray(member);
}

function plain(shape: object): JsonObject {
  return JSON.parse(JSON.stringify(shape));
}
