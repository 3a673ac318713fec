import { isObject, type Json, type JsonObject } from "../../../engine/json.ts";
import { jsonEqual } from "../../../engine/schema/equal.ts";
import { pointerTo } from "../../../engine/source/tree.ts";

/**
 * The JSON patch (RFC 6902) that makes `after` of `before`. Lists are compared from both ends: what differs in between is
 * replaced item by item. Its work grows with the documents, never with their product.
 */
export function diffOf(before: Json, after: Json, path = ""): JsonObject[] {
  if (jsonEqual(before, after)) return [];
  if (Array.isArray(before) && Array.isArray(after)) return listDiff(before, after, path);
  if (isObject(before) && isObject(after)) return mapDiff(before, after, path);
  return [{ op: "replace", path, value: after }];
}

function mapDiff(before: JsonObject, after: JsonObject, path: string): JsonObject[] {
  const removed = Object.keys(before)
    .filter((name) => !Object.hasOwn(after, name))
    .map((name) => ({ op: "remove", path: pointerTo(path, name) }));
  const changed = Object.entries(after).flatMap(([name, value]): JsonObject[] => {
    const at = pointerTo(path, name);
    return Object.hasOwn(before, name) ? diffOf(before[name] ?? null, value, at) : [{ op: "add", path: at, value }];
  });
  return [...removed, ...changed];
}

function listDiff(before: Json[], after: Json[], path: string): JsonObject[] {
  const shorter = Math.min(before.length, after.length);
  let head = 0;
  while (head < shorter && same(before[head], after[head])) head += 1;
  let tail = 0;
  while (tail < shorter - head && same(before.at(-1 - tail), after.at(-1 - tail))) tail += 1;
  const old = before.slice(head, before.length - tail);
  const wanted = after.slice(head, after.length - tail);
  const patch: JsonObject[] = [];
  for (const [index, value] of wanted.entries()) {
    const at = pointerTo(path, head + index);
    if (index < old.length) for (const step of diffOf(old[index] ?? null, value, at)) patch.push(step);
    else patch.push({ op: "add", path: at, value });
  }
  for (let index = old.length - 1; index >= wanted.length; index -= 1) {
    patch.push({ op: "remove", path: pointerTo(path, head + index) });
  }
  return patch;
}

function same(a: Json | undefined, b: Json | undefined): boolean {
  return jsonEqual(a ?? null, b ?? null);
}
