import { BlockReader, withoutUndefined } from "../../engine/definition/block-reader.ts";
import type { ReadContext } from "../../engine/definition/read-context.ts";
import { isObject, type JsonObject } from "../../engine/json.ts";
import type { SourceNode } from "../../engine/source/tree.ts";
import type { ActionManifest, Handler } from "./manifest.ts";
import { readHandler } from "./read-handler.ts";
import { ACTION_ENGINE_MEMBERS, readHttpHandler } from "./read-http-handler.ts";
import { readRetryOrFlat, readTimeout } from "./read-limits.ts";
import { readSchema } from "./read-schema.ts";

const ACTION_NAME = /^[A-Za-z_][A-Za-z0-9_.-]{0,99}$/;

/** Described elsewhere and kept in the published text only. */
const ALSO_KNOWN = ["displayName", "title", "tags", "examples", "deprecated", "approval", "security", "rateLimit"];

/** One entry of `actions:`. Undefined when it is no map or has no name. */
export function readAction(node: SourceNode, pointer: string, context: ReadContext): ActionManifest | undefined {
  if (node.kind !== "map") {
    context.refuse({ node, pointer }, "an action must be a map");
    return undefined;
  }
  const block = new BlockReader(node, pointer, { loop: false, graph: false }, context, () => []);
  const name = readName(block);
  const owner = `action "${name ?? ""}"`;
  const handler = readHandlerOf(block, owner);
  const action: Partial<ActionManifest> = {
    name,
    description: block.text(["description"]),
    input: readSchema(block, ["input", "inputSchema", "input_schema"]),
    output: readSchema(block, ["output", "outputSchema", "output_schema"]),
    idempotent: block.boolean(["idempotent"]),
    retry: readRetryOrFlat(block, owner),
    timeoutMs: readTimeout(block),
    cache: readCache(block, owner),
    context: readContextList(block),
    metadata: block.object(["metadata"]),
  };
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

function readCache(block: BlockReader, owner: string): JsonObject | undefined {
  const member = block.member(["cache"]);
  const inner = member && block.inside(member);
  if (inner === undefined) return undefined;
  const cache = withoutUndefined({ ttlMs: inner.duration(["ttl"], 0), key: inner.json(["key"]) });
  inner.finish(`cache of ${owner}`);
  return Object.fromEntries(
    Object.entries(cache).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
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
