import { isObject, type Json } from "../json.ts";
import { nameRefusal } from "./build-tree.ts";
import { repeatedJsonKeys } from "./repeated-json-keys.ts";
import { SOURCE_LIMITS, utf8Length } from "./limits.ts";
import type { Problem } from "./problem.ts";
import { pointerTo, type SourceNode, type SourceTree } from "./tree.ts";

/** JSON text → a tree without places: problems of JSON inputs carry path and message only (section 20). */
export function parseJsonText(text: string): { tree?: SourceTree; problems: Problem[] } {
  if (utf8Length(text) > SOURCE_LIMITS.bytes)
    return { problems: [{ path: "", message: `the file is larger than ${SOURCE_LIMITS.bytes / 1024} KiB` }] };
  const parsed = parseJson(text);
  if (!parsed.ok) return { problems: [{ path: "", message: parsed.message }] };
  const { tree, problems } = treeOfJson(parsed.value);
  if (tree === undefined) return { problems };
  for (const path of repeatedJsonKeys(text)) {
    if (problems.length < SOURCE_LIMITS.problems) problems.push({ path, message: "this key is given twice" });
  }
  return { tree, problems };
}

function parseJson(text: string): { ok: true; value: Json } | { ok: false; message: string } {
  try {
    return { ok: true, value: JSON.parse(text) };
  } catch (error) {
    return {
      ok: false,
      message: `not valid JSON: ${error instanceof Error ? error.message.slice(0, 200) : "it cannot be read"}`,
    };
  }
}

/** An already parsed JSON value as a tree, under the same caps and the same refusals of names as text. */
export function treeOfJson(value: Json): { tree?: SourceTree; problems: Problem[] } {
  const problems: Problem[] = [];
  const count = { nodes: 0, keys: 0 };
  const root = nodeOfJson(value, "", 0, count, problems);
  return root === undefined ? { problems } : { tree: { root }, problems };
}

function nodeOfJson(
  value: Json,
  pointer: string,
  depth: number,
  count: { nodes: number; keys: number },
  problems: Problem[],
): SourceNode | undefined {
  count.nodes += 1;
  const cap = jsonCap(typeof value === "object" && value !== null ? depth : 0, count);
  if (cap !== undefined) {
    problems.push({ path: pointer, message: cap });
    return undefined;
  }
  if (Array.isArray(value)) {
    const items: SourceNode[] = [];
    for (const [index, item] of value.entries()) {
      const node = nodeOfJson(item, pointerTo(pointer, index), depth + 1, count, problems);
      if (node === undefined) return undefined;
      items.push(node);
    }
    return { kind: "list", items };
  }
  if (!isObject(value)) return { kind: "scalar", value: finite(value, pointer, problems) };
  const entries: { key: string; value: SourceNode }[] = [];
  for (const [key, content] of Object.entries(value)) {
    count.keys += 1;
    const own = pointerTo(pointer, key);
    const refusal = nameRefusal(key);
    if (refusal !== undefined) {
      problems.push({ path: own, message: refusal });
      continue;
    }
    const node = nodeOfJson(content, own, depth + 1, count, problems);
    if (node === undefined) return undefined;
    entries.push({ key, value: node });
  }
  return { kind: "map", entries };
}

/** `1e999` is JSON text of a number that no JSON value can be: written again, it would be null. */
function finite<Scalar>(value: Scalar, path: string, problems: Problem[]): Scalar | null {
  if (typeof value !== "number" || Number.isFinite(value)) return value;
  problems.push({ path, message: "this number is not a value that JSON can hold" });
  return null;
}

function jsonCap(depth: number, count: { nodes: number; keys: number }): string | undefined {
  if (depth >= SOURCE_LIMITS.depth) return `nested deeper than ${SOURCE_LIMITS.depth} levels`;
  if (count.keys > SOURCE_LIMITS.keys) return `more than ${SOURCE_LIMITS.keys} keys`;
  if (count.nodes > SOURCE_LIMITS.expandedNodes) return `more than ${SOURCE_LIMITS.expandedNodes} values`;
  return undefined;
}
