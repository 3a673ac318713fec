import { isObject, type Json } from "../../../engine/json.ts";
import { pointerSegments } from "../../../engine/source/tree.ts";

/* JSON pointers (RFC 6901) over own members alone: what a prototype has is not there. */

const INDEX = /^(?:0|[1-9]\d*)$/;

/** Why a pointer cannot be used; undefined when it can. */
export function pointerProblem(pointer: string): string | undefined {
  if (pointer !== "" && !pointer.startsWith("/"))
    return `"${pointer.slice(0, 80)}" is not a JSON pointer: it must begin with /`;
  if (/~(?![01])/.test(pointer)) return `"${pointer.slice(0, 80)}" is not a JSON pointer: ~ must be written ~0`;
  return pointerSegments(pointer).includes("__proto__") ? "A member cannot be named __proto__" : undefined;
}

/** The value at a place; undefined where there is none. */
export function valueAt(root: Json, segments: readonly string[]): Json | undefined {
  let here: Json = root;
  for (const segment of segments) {
    const next = childOf(here, segment);
    if (next === undefined) return undefined;
    here = next;
  }
  return here;
}

function childOf(parent: Json, segment: string): Json | undefined {
  if (Array.isArray(parent)) return INDEX.test(segment) ? parent[Number(segment)] : undefined;
  return isObject(parent) && Object.hasOwn(parent, segment) ? parent[segment] : undefined;
}

/** Puts a value into a list (before the item that stands there; `-` is its end) or a map. In place; false where it cannot stand. */
export function addAt(parent: Json | undefined, segment: string, value: Json): boolean {
  if (Array.isArray(parent)) {
    const index = segment === "-" ? parent.length : INDEX.test(segment) ? Number(segment) : -1;
    if (index < 0 || index > parent.length) return false;
    parent.splice(index, 0, value);
    return true;
  }
  if (parent === undefined || !isObject(parent)) return false;
  parent[segment] = value;
  return true;
}

/** Puts another value in the place of one that is there. In place; false where nothing is. */
export function replaceAt(parent: Json | undefined, segment: string, value: Json): boolean {
  if (parent === undefined || childOf(parent, segment) === undefined) return false;
  if (Array.isArray(parent)) parent[Number(segment)] = value;
  else if (isObject(parent)) parent[segment] = value;
  return true;
}

/** Takes a value out. In place; undefined where nothing was. */
export function removeAt(parent: Json | undefined, segment: string): Json | undefined {
  const value = parent === undefined ? undefined : childOf(parent, segment);
  if (value === undefined) return undefined;
  if (Array.isArray(parent)) parent.splice(Number(segment), 1);
  else if (isObject(parent)) delete parent[segment];
  return value;
}

/** A copy that shares nothing with its original. */
export function copyOf(value: Json): Json {
  if (Array.isArray(value)) return value.map(copyOf);
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, copyOf(item)]));
}
