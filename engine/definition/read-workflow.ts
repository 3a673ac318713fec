import { hasControlCharacter } from "../source/build-tree.ts";
import { nearestName } from "../source/nearest-name.ts";
import type { SourceNode } from "../source/tree.ts";
import type { JsonObject } from "../json.ts";
import { BlockReader, withoutUndefined } from "./block-reader.ts";
import { AUTHORIZATION, BUDGET, EXECUTION, TESTING, TRIGGERS } from "./kept-blocks.ts";
import { checkTable, keptObject, readKept } from "./key-table.ts";
import type { ReadContext } from "./read-context.ts";
import { readGraph } from "./read-graph.ts";
import { readInputs } from "./read-inputs.ts";
import { readOutputs } from "./read-outputs.ts";
import { readRetry } from "./read-retry.ts";
import { readSteps } from "./read-step.ts";
import { isSemanticVersion } from "./semantic-version.ts";
import { slugOf } from "./slug.ts";
import type { WorkflowDefinition } from "./types.ts";

export interface WorkflowOptions {
  /** Keys of the file that may stand in a bare workflow. */
  alsoKnown: readonly string[];
  /** The name of a workflow that gives none. */
  name?: string;
}

/** One workflow object → its typed definition; undefined when it is no map. Problems go to the context. */
export function readWorkflow(
  node: SourceNode,
  pointer: string,
  context: ReadContext,
  options: WorkflowOptions,
): WorkflowDefinition | undefined {
  if (node.kind !== "map") {
    context.refuse({ node, pointer }, "a workflow must be a map");
    return undefined;
  }
  const block = new BlockReader(node, pointer, { loop: false, graph: false }, context, readSteps);
  block.accept(options.alsoKnown);
  const naming = readNaming(block, options.name);
  const owner = naming.name === "" ? "the workflow" : `workflow "${naming.name}"`;
  const definition: WorkflowDefinition = {
    ...naming,
    version: readVersion(block),
    description: block.text(["description"]),
    strict: block.boolean(["strict"]),
    inputs: readInputs(block),
    outputs: readOutputs(block),
    steps: block.steps(["steps"]) ?? [],
    graph: readGraph(block),
    timeoutMs: block.integer(["timeout_ms", "timeoutMs"], 1, Number.MAX_SAFE_INTEGER) ?? block.duration(["timeout"]),
    retry: readRetry(block, owner),
    triggers: readTriggers(block),
    execution: readKept(block, ["execution"], EXECUTION, owner),
    authorization: readKept(block, ["authorization"], AUTHORIZATION, owner),
    testing: readKept(block, ["testing"], TESTING, owner),
    concurrency: readConcurrency(block, owner),
    budget: readKept(block, ["budget"], BUDGET, owner),
    metadata: block.object(["metadata"]),
  };
  block.text(["backend"]);
  if (block.has("steps") && block.has("nodes")) refuseBothForms(block);
  block.finish(owner);
  return withoutUndefined(definition);
}

function readNaming(block: BlockReader, fallback: string | undefined): { name: string; slug: string } {
  const id = block.name(["id"]);
  const written = block.has("name") || block.has("id");
  const name = block.name(["name"]) ?? id ?? (written ? undefined : fallback);
  if (!written && fallback === undefined) block.missing("name", "in a workflow");
  const slug = slugOf(id ?? name ?? "");
  const member = block.member([block.has("id") ? "id" : "name"]);
  if (member !== undefined && name !== undefined && slug === "")
    block.context.refuse(member, "a workflow's name must have a letter or a digit");
  return { name: name ?? "", slug };
}

function readVersion(block: BlockReader): string {
  const member = block.member(["version"]);
  const version = block.word(["version"]);
  if (member === undefined || version === undefined) return "1.0.0";
  if (!hasControlCharacter(version) && isSemanticVersion(version)) return version;
  block.context.refuse(member, 'version must be a semantic version such as "1.0.0"');
  return "1.0.0";
}

function refuseBothForms(block: BlockReader): void {
  const member = block.member(["nodes"]);
  if (member !== undefined) block.context.refuseKey(member, "a workflow has steps or nodes, not both");
}

/** `concurrency: {key, limit, strategy}` (section 2). */
function readConcurrency(block: BlockReader, owner: string): JsonObject | undefined {
  const member = block.member(["concurrency"]);
  const concurrency = member && block.inside(member);
  if (concurrency === undefined) return undefined;
  concurrency.template(["key"], "concurrency");
  concurrency.integer(["limit"], 1, 10_000);
  concurrency.oneOf(["strategy"], ["queue", "cancel_running", "reject"] as const);
  concurrency.finish(`concurrency of ${owner}`);
  return keptObject(concurrency.node);
}

function readTriggers(block: BlockReader): JsonObject[] | undefined {
  const member = block.member(["triggers", "trigger"]);
  return member && block.items(member, (node, pointer) => readTrigger(block, node, pointer));
}

function readTrigger(block: BlockReader, node: SourceNode, pointer: string): JsonObject | undefined {
  const trigger = block.inside({ entry: { key: "a trigger", value: node }, node, pointer });
  if (trigger === undefined) return undefined;
  const member = trigger.member(["type"]);
  const type = trigger.text(["type"]);
  const table = type === undefined ? undefined : Object.hasOwn(TRIGGERS, type) ? TRIGGERS[type] : undefined;
  if (type === "schedule" && !trigger.has("cron")) trigger.missing("cron", "in a schedule trigger");
  if (table !== undefined) checkTable(trigger, table, `the ${type} trigger`);
  else if (member === undefined) {
    trigger.missing("type", "in a trigger");
    trigger.accept(Object.keys(TRIGGERS.webhook ?? {}));
    trigger.finish("a trigger");
  } else if (type !== undefined) {
    const suggestion = nearestName(type, Object.keys(TRIGGERS));
    trigger.context.refuse(member, `unknown trigger type; known are ${Object.keys(TRIGGERS).join(", ")}`, suggestion);
  }
  return keptObject(node);
}
