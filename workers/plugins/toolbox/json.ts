import { isDeeper } from "../../../connectors/handlers/http/parse-answer.ts";
import { WALKED_DEPTH } from "../../../engine/expressions/limits.ts";
import { isObject, type Json, type JsonObject } from "../../../engine/json.ts";
import { jsonEqual } from "../../../engine/schema/equal.ts";
import { schemaProblems } from "../../../engine/schema/schema-problems.ts";
import { compileSchema } from "../../../engine/schema/validate.ts";
import { pointerSegments } from "../../../engine/source/tree.ts";
import { diffOf } from "./json-diff.ts";
import { applyPatch } from "./json-patch.ts";
import { addAt, copyOf, pointerProblem, removeAt, replaceAt, valueAt } from "./json-pointer.ts";
import { done, type Outcome, refuse, type ToolFunction } from "./outcome.ts";
import { listOf, numberOf, textOf } from "./read-input.ts";

const dataOf = (input: JsonObject): Json => input.data ?? null;

const NO_PROTO = "A member cannot be named __proto__";

function parse(input: JsonObject): Outcome {
  const field = "text";
  let value: Json;
  try {
    value = JSON.parse(textOf(input, "text"));
  } catch (error) {
    return refuse(`Not valid JSON: ${error instanceof Error ? error.message.slice(0, 200) : "it cannot be read"}`, {
      field,
    });
  }
  if (isDeeper(value, WALKED_DEPTH)) return refuse(`The text nests deeper than ${WALKED_DEPTH} levels`, { field });
  const problem = strange(value);
  return problem === undefined ? done({ value }) : refuse(problem, { field });
}

/** What JSON text may say and no value of a run may be. */
function strange(value: Json): string | undefined {
  if (typeof value === "number" && !Number.isFinite(value)) return "A number of the text is too large";
  if (typeof value !== "object" || value === null) return undefined;
  for (const [name, item] of Object.entries(value)) {
    const problem = name === "__proto__" ? NO_PROTO : strange(item);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function sorted(value: Json): Json {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isObject(value)) return value;
  const names = Object.keys(value).sort();
  return Object.fromEntries(names.map((name) => [name, sorted(value[name] ?? null)]));
}

function stringify(input: JsonObject): Outcome {
  const value = input.value ?? null;
  return done({
    text: JSON.stringify(input.sort_keys === true ? sorted(value) : value, null, numberOf(input, "indent")),
  });
}

function get(input: JsonObject): Outcome {
  const pointer = textOf(input, "pointer");
  const problem = pointerProblem(pointer);
  if (problem !== undefined) return refuse(problem, { field: "pointer" });
  const found = valueAt(dataOf(input), pointerSegments(pointer));
  return done({ found: found !== undefined, value: found ?? input.default ?? null });
}

/** Makes the maps that lead to a place where they are missing. */
function pathTo(root: Json, segments: readonly string[]): void {
  let here: Json = root;
  for (const segment of segments) {
    if (valueAt(here, [segment]) === undefined && !addAt(here, segment, {})) return;
    here = valueAt(here, [segment]) ?? null;
  }
}

function set(input: JsonObject): Outcome {
  const pointer = textOf(input, "pointer");
  const problem = pointerProblem(pointer);
  if (problem !== undefined) return refuse(problem, { field: "pointer" });
  const value = input.value ?? null;
  const segments = pointerSegments(pointer);
  const last = segments.at(-1);
  if (last === undefined) return done({ data: value });
  const data = copyOf(dataOf(input));
  const above = segments.slice(0, -1);
  if (input.create === true) pathTo(data, above);
  const parent = valueAt(data, above);
  if (replaceAt(parent, last, value) || addAt(parent, last, value)) return done({ data });
  return refuse(`Nothing can stand at "${pointer}": what leads there is missing, or is no map or list`, {
    field: "pointer",
  });
}

function remove(input: JsonObject): Outcome {
  const pointer = textOf(input, "pointer");
  const problem = pointer === "" ? "The whole document cannot be removed" : pointerProblem(pointer);
  if (problem !== undefined) return refuse(problem, { field: "pointer" });
  const segments = pointerSegments(pointer);
  const data = copyOf(dataOf(input));
  const value = removeAt(valueAt(data, segments.slice(0, -1)), segments.at(-1) ?? "");
  return done({ data, removed: value !== undefined, value: value ?? null });
}

function patch(input: JsonObject): Outcome {
  const patched = applyPatch(dataOf(input), listOf(input, "patch").filter(isObject));
  if (!patched.ok) {
    return refuse(`Operation ${patched.operation} of the patch: ${patched.message}`, {
      field: `patch.${patched.operation}`,
    });
  }
  if (isDeeper(patched.value, WALKED_DEPTH)) return refuse(`The result nests deeper than ${WALKED_DEPTH} levels`);
  return done({ data: patched.value });
}

/** RFC 7396: null takes a member away, maps are merged, anything else replaces. */
function mergedWith(target: Json, change: Json): Json {
  if (!isObject(change)) return change;
  const result: JsonObject = isObject(target) ? { ...target } : {};
  for (const [name, value] of Object.entries(change)) {
    if (value === null) delete result[name];
    else result[name] = mergedWith(Object.hasOwn(result, name) ? (result[name] ?? null) : null, value);
  }
  return result;
}

function validate(input: JsonObject): Outcome {
  const schema = isObject(input.schema) ? input.schema : {};
  const [wrong] = schemaProblems(schema);
  if (wrong !== undefined)
    return refuse(`The schema: ${wrong.message}`, { field: `schema${wrong.path.replaceAll("/", ".")}` });
  const problems = compileSchema(schema).validate(dataOf(input));
  return done({ valid: problems.length === 0, problems: problems.map(({ path, message }) => ({ path, message })) });
}

function flattened(value: Json, separator: string, name: string, into: [string, Json][]): [string, Json][] {
  const inside = typeof value === "object" && value !== null ? Object.entries(value) : [];
  if (inside.length === 0) into.push([name, value]);
  for (const [key, item] of inside) flattened(item, separator, name === "" ? key : `${name}${separator}${key}`, into);
  return into;
}

function flatten(input: JsonObject): Outcome {
  const data = dataOf(input);
  if (typeof data !== "object" || data === null) return refuse("`data` must be a map or a list", { field: "data" });
  const members = Object.keys(data).length === 0 ? [] : flattened(data, textOf(input, "separator"), "", []);
  return members.some(([name]) => name === "__proto__")
    ? refuse(NO_PROTO)
    : done({ data: Object.fromEntries(members) });
}

/** A map whose members are 0, 1, 2 … was a list. */
function withLists(value: Json): Json {
  if (!isObject(value)) return value;
  const names = Object.keys(value);
  const items = Object.values(value).map(withLists);
  if (names.length > 0 && names.every((name, index) => name === String(index))) return items;
  return Object.fromEntries(names.map((name, index) => [name, items[index] ?? null]));
}

function unflatten(input: JsonObject): Outcome {
  const root: JsonObject = {};
  for (const [name, value] of Object.entries(isObject(input.data) ? input.data : {})) {
    const segments = name.split(textOf(input, "separator"));
    const last = segments.pop() ?? "";
    if ([...segments, last].includes("__proto__")) return refuse(NO_PROTO, { field: "data" });
    pathTo(root, segments);
    const parent = valueAt(root, segments);
    if (parent === undefined || !isObject(parent) || Object.hasOwn(parent, last) || !addAt(parent, last, value)) {
      return refuse(`"${name.slice(0, 80)}" stands below or above another member's value`, { field: "data" });
    }
  }
  return done({ data: withLists(root) });
}

/** Actions of `community/json`. */
export const json: Record<string, ToolFunction> = {
  parse,
  stringify,
  get,
  set,
  remove,
  patch,
  merge: (input) => done({ data: mergedWith(dataOf(input), input.patch ?? null) }),
  diff: (input) => {
    const steps = diffOf(input.before ?? null, input.after ?? null);
    return done({ equal: jsonEqual(input.before ?? null, input.after ?? null), patch: steps });
  },
  validate,
  flatten,
  unflatten,
};
