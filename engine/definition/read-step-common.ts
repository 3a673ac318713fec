import { type BlockReader, withoutUndefined } from "./block-reader.ts";
import { AUTHORIZATION, GUARDRAILS, MAILBOX, STEP_EXECUTION } from "./kept-blocks.ts";
import { readKept } from "./key-table.ts";
import { readRetry, readRetryBlock } from "./read-retry.ts";
import type { ExecutionTarget, StepCommon, StepKind } from "./types.ts";
import { pointerTo, toJson } from "../source/tree.ts";
import type { JsonObject } from "../json.ts";
import type { ExpressionField } from "./expression-use.ts";

const TARGETS = ["local", "cloud", "self_hosted"] as const;

/** The fields that every kind of step has (section 3). `outerLoop`: the step itself stands inside an iteration. */
export function readStepCommon(
  block: BlockReader,
  id: string,
  kind: StepKind,
  owner: string,
  outerLoop: boolean,
): StepCommon {
  const outer = { ...block.scope, loop: outerLoop };
  const label = block.has("id") ? block.text(["name"]) : undefined;
  block.accept(["id", "name", "type", "description"]);
  const common: StepCommon = {
    id,
    name: label,
    condition: kind === "if" ? undefined : block.condition(["condition"], "condition"),
    forEach: block.condition(["for_each", "forEach"], "for_each", outer),
    parallel: kind === "parallel_list" ? undefined : readParallel(block),
    maxConcurrency: block.integer(["max_concurrency", "maxConcurrency"], 1, 10_000),
    timeoutMs: block.integer(["timeout_ms", "timeoutMs"], 1, Number.MAX_SAFE_INTEGER) ?? block.duration(["timeout"]),
    retry: readRetry(block, owner) ?? readActionEngineRetry(block),
    continueOnError: block.boolean(["continue_on_error", "continueOnError"]),
    execution: readExecution(block, owner),
    input: block.template(["input", "with", "inputs"], "input"),
    authorization: readKept(block, ["authorization"], AUTHORIZATION, owner),
    guardrails: readKept(block, ["guardrails"], GUARDRAILS, owner),
    cache: readCache(block, owner),
    compensate: block.steps(["compensate"]),
    metadata: block.object(["metadata"]),
    connection: block.template(["connection"], "connection"),
    set: readAssignments(block, "set"),
    keep: readAssignments(block, "keep"),
    mailbox: readKept(block, ["mailbox"], MAILBOX, owner),
    onShutdown: block.steps(["on_shutdown", "onShutdown"], outer),
    everyMs: block.duration(["every"]),
  };
  block.text(["backend"]);
  return withoutUndefined(common);
}

function readParallel(block: BlockReader): boolean | undefined {
  const member = block.member(["parallel"]);
  if (member === undefined) return undefined;
  const parallel = block.boolean(["parallel"]);
  if (parallel === true && !block.has("for_each") && !block.has("forEach")) {
    block.context.refuseKey(
      member,
      "parallel: true needs for_each; to run several steps at once, give it a list of steps",
    );
  }
  return parallel;
}

/** `local | cloud | self_hosted`; a map names a backend instead, which only agents heed. */
function readExecution(block: BlockReader, owner: string): ExecutionTarget | undefined {
  const member = block.member(["execution"]);
  if (member?.node.kind !== "map") return block.oneOf(["execution"], TARGETS);
  readKept(block, ["execution"], STEP_EXECUTION, owner);
  return undefined;
}

function readCache(block: BlockReader, owner: string): StepCommon["cache"] {
  const member = block.member(["cache"]);
  const cache = member && block.inside(member);
  if (cache === undefined) return undefined;
  cache.boolean(["enabled"]);
  const read = withoutUndefined({ ttlMs: cache.duration(["ttl"]), key: cache.template(["key"], "cache") });
  cache.finish(`cache of ${owner}`);
  return read;
}

/** The action engine writes its retry beside the action, not in a block of its own. */
function readActionEngineRetry(block: BlockReader): StepCommon["retry"] {
  const names = ["retryStrategy", "maxAttempts", "initialDelayMs", "maxDelayMs"];
  if (block.has("retry") || !names.some((name) => block.has(name))) return undefined;
  return readRetryBlock(block);
}

/** `set` and `keep`: each value is a template, a bare expression or a literal. */
function readAssignments(block: BlockReader, field: Extract<ExpressionField, "set" | "keep">): JsonObject | undefined {
  const member = block.member([field]);
  if (member === undefined) return undefined;
  const inner = block.inside(member);
  if (inner === undefined) return undefined;
  const assignments: JsonObject = {};
  for (const entry of inner.node.entries) {
    inner.context.condition(entry.value, pointerTo(inner.pointer, entry.key), field, inner.scope);
    assignments[entry.key] = toJson(entry.value);
  }
  return assignments;
}
