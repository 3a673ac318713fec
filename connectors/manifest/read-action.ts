import { BlockReader, withoutUndefined } from "../../engine/definition/block-reader.ts";
import type { ReadContext } from "../../engine/definition/read-context.ts";
import { isObject } from "../../engine/json.ts";
import { isToldOfRun } from "../../engine/plan/is-told-of-run.ts";
import type { SourceNode } from "../../engine/source/tree.ts";
import type { ActionManifest, Handler } from "./manifest.ts";
import { checkInputNames } from "./check-input-names.ts";
import { narrowedContext } from "./narrowed-context.ts";
import { readApproval } from "./read-approval.ts";
import { readHandler } from "./read-handler.ts";
import { ACTION_ENGINE_MEMBERS, readHttpHandler } from "./read-http-handler.ts";
import { readRetryOrFlat, readTimeout } from "./read-limits.ts";
import { readExamples } from "./read-presentation.ts";
import { readSchema } from "./read-schema.ts";

const ACTION_NAME = /^[A-Za-z_][A-Za-z0-9_.-]{0,99}$/;

/** Described elsewhere and kept in the published text only. */
const ALSO_KNOWN = ["displayName", "title", "tags", "deprecated", "security"];

/** One entry of `actions:`, beside the `context` of its connector. Undefined when it is no map or has no name. */
export function readAction(
  node: SourceNode,
  pointer: string,
  context: ReadContext,
  ofConnector: ActionManifest["context"],
): ActionManifest | undefined {
  if (node.kind !== "map") {
    context.refuse({ node, pointer }, "an action must be a map");
    return undefined;
  }
  const block = new BlockReader(node, pointer, { loop: false, graph: false }, context, () => []);
  const name = readName(block);
  const owner = `action "${name ?? ""}"`;
  const handler = readHandlerOf(block, owner);
  const own = readContextList(block);
  const action: Partial<ActionManifest> = {
    name,
    description: block.text(["description"]),
    input: readSchema(block, ["input", "inputSchema", "input_schema"]),
    output: readSchema(block, ["output", "outputSchema", "output_schema"]),
    idempotent: block.boolean(["idempotent"]),
    retry: readRetryOrFlat(block, owner),
    timeoutMs: readTimeout(block),
    cache: readCache(block, owner, isToldOfRun(narrowedContext(ofConnector, own))),
    approval: readApproval(block, owner),
    context: own,
    metadata: block.object(["metadata"]),
    examples: readExamples(block, owner),
  };
  const described = block.member(["handler"]);
  if (handler?.kind === "http") checkInputNames(action.input, handler, described ?? { node, pointer }, context);
  refuseRateLimit(block);
  block.accept(ALSO_KNOWN);
  block.finish(owner);
  return name === undefined || handler === undefined ? undefined : { ...withoutUndefined(action), name, handler };
}

function readName(block: BlockReader): string | undefined {
  const names = ["name", "id"] as const;
  const member = block.member([...names]);
  const name = block.name([...names]);
  if (member === undefined) block.missing("name", "in an action");
  else if (name !== undefined && !ACTION_NAME.test(name)) {
    block.context.refuse(member, "an action's name must begin with a letter and hold only letters, digits, _, - and .");
  }
  return name;
}

function readHandlerOf(block: BlockReader, owner: string): Handler | undefined {
  const member = block.member(["handler"]);
  if (member !== undefined) {
    const handler = block.inside(member);
    return handler && readHandler(handler, owner);
  }
  if (ACTION_ENGINE_MEMBERS.some((name) => block.has(name))) return readHttpHandler(block, owner);
  block.missing("handler", `in ${owner}`);
  return undefined;
}

/** What every step that calls the action has where it says nothing else. By what it is kept is the action's input. */
function readCache(block: BlockReader, owner: string, toldOfRun: boolean): ActionManifest["cache"] {
  const member = block.member(["cache"]);
  const inner = member && block.inside(member);
  if (member === undefined || inner === undefined) return undefined;
  const key = inner.member(["key"]);
  if (key !== undefined)
    inner.context.refuseKey(
      key,
      "the outputs of an action are kept by its input: a step that calls it may name a `key`",
    );
  const ttlMs = inner.duration(["ttl"], 0);
  if (toldOfRun && ttlMs !== 0)
    inner.context.refuse(
      member,
      `the outputs of ${owner} are kept by its input, and its \`context\` gives it inputs or previous_steps of the run, too: leave \`cache\` out, or give the action a \`context\` without them`,
    );
  inner.finish(`cache of ${owner}`);
  return ttlMs === undefined ? {} : { ttlMs };
}

/** It would be kept and hold nobody back. */
function refuseRateLimit(block: BlockReader): void {
  const member = block.member(["rateLimit", "rate_limit"]);
  if (member !== undefined)
    block.context.refuseKey(
      member,
      `${member.entry.key} of an action is not enforced here: runtime.resources.concurrent bounds how many calls are in hand`,
    );
}

const CONTEXT_WORDS = ["inputs", "environment"];

/** What a remote call gets besides ids (section 17): `[inputs, environment, {previous_steps: [ids]}]`. */
export function readContextList(block: BlockReader): ActionManifest["context"] {
  const member = block.member(["context"]);
  const value = block.json(["context"]);
  if (member === undefined || value === undefined || value === null) return undefined;
  const list = Array.isArray(value) ? value : [value];
  const fits = list.every(
    (item) =>
      (typeof item === "string" && CONTEXT_WORDS.includes(item)) ||
      (isObject(item) && Array.isArray(item.previous_steps)),
  );
  if (!fits) block.context.refuse(member, "context must be a list of inputs, environment and {previous_steps: [ids]}");
  return list;
}
