import { isObject, type Json, type JsonObject } from "../../../engine/json.ts";
import { jsonEqual } from "../../../engine/schema/equal.ts";
import { pointerSegments } from "../../../engine/source/tree.ts";
import { addAt, copyOf, pointerProblem, removeAt, replaceAt, valueAt } from "./json-pointer.ts";

/** Values that a patch may copy in all: a document that is copied into itself doubles each time. */
const MOST_COPIED = 200_000;

export type Patched = { ok: true; value: Json } | { ok: false; operation: number; message: string };

/** Applies a JSON patch (RFC 6902): all of it, or nothing. The document itself stays as it is. */
export function applyPatch(document: Json, patch: readonly JsonObject[]): Patched {
  const root = { value: copyOf(document), left: MOST_COPIED };
  for (const [operation, step] of patch.entries()) {
    const message = apply(root, step);
    if (message !== undefined) return { ok: false, operation, message };
  }
  return { ok: true, value: root.value };
}

interface Root {
  value: Json;
  /** What may still be copied. */
  left: number;
}

/** Carries out one operation; why not, where it cannot. */
function apply(root: Root, step: JsonObject): string | undefined {
  const op = String(step.op);
  const path = String(step.path ?? "");
  const from = String(step.from ?? "");
  const problem = pointerProblem(path) ?? pointerProblem(from);
  if (problem !== undefined) return problem;
  if (["add", "replace", "test"].includes(op) && step.value === undefined) return `${op} needs a value`;
  if (["move", "copy"].includes(op) && step.from === undefined) return `${op} needs a from`;
  switch (op) {
    case "add":
      return add(root, path, copyOf(step.value ?? null));
    case "remove":
      return take(root, path).problem;
    case "replace":
      return replace(root, path, copyOf(step.value ?? null));
    case "test": {
      const found = valueAt(root.value, pointerSegments(path));
      const equal = found !== undefined && jsonEqual(found, step.value ?? null);
      return equal ? undefined : `the value at "${path}" is not the one tested for`;
    }
    case "move": {
      if (path === from) return valueAt(root.value, pointerSegments(from)) === undefined ? nothingAt(from) : undefined;
      if (path.startsWith(`${from}/`)) return `"${from}" cannot be moved into itself`;
      const taken = take(root, from);
      return taken.problem ?? add(root, path, taken.value);
    }
    case "copy": {
      const found = valueAt(root.value, pointerSegments(from));
      if (found === undefined) return nothingAt(from);
      root.left -= sizeOf(found);
      return root.left < 0 ? "the patch copies too much" : add(root, path, copyOf(found));
    }
    default:
      return `unknown operation "${op.slice(0, 40)}"`;
  }
}

function nothingAt(path: string): string {
  return `there is nothing at "${path}"`;
}

function placeOf(root: Root, path: string): { parent: Json | undefined; segment: string } {
  const segments = pointerSegments(path);
  return { parent: valueAt(root.value, segments.slice(0, -1)), segment: segments.at(-1) ?? "" };
}

function add(root: Root, path: string, value: Json): string | undefined {
  if (path === "") {
    root.value = value;
    return undefined;
  }
  const { parent, segment } = placeOf(root, path);
  return addAt(parent, segment, value) ? undefined : `nothing can be added at "${path}"`;
}

function replace(root: Root, path: string, value: Json): string | undefined {
  if (path === "") return add(root, path, value);
  const { parent, segment } = placeOf(root, path);
  return replaceAt(parent, segment, value) ? undefined : nothingAt(path);
}

function take(root: Root, path: string): { value: Json; problem?: string } {
  if (path === "") {
    const { value } = root;
    root.value = null;
    return { value };
  }
  const { parent, segment } = placeOf(root, path);
  const value = removeAt(parent, segment);
  return value === undefined ? { value: null, problem: nothingAt(path) } : { value };
}

function sizeOf(value: Json): number {
  if (Array.isArray(value)) return value.reduce<number>((sum, item) => sum + sizeOf(item), 1);
  return isObject(value) ? Object.values(value).reduce<number>((sum, item) => sum + sizeOf(item), 1) : 1;
}
