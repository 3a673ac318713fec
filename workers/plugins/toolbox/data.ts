import { isObject, type Json, type JsonObject } from "../../../engine/json.ts";
import { identity, order } from "./compare.ts";
import { holdsFor } from "./filter-conditions.ts";
import { done, type Outcome, refuse, type ToolFunction } from "./outcome.ts";
import { asText, atPath, listOf, numberOf, textOf } from "./read-input.ts";

function filter(input: JsonObject): Outcome {
  const conditions = listOf(input, "conditions").filter(isObject);
  const all = input.match === "all" || conditions.length === 0;
  const keeps = (item: Json) =>
    all
      ? conditions.every((condition) => holdsFor(item, condition))
      : conditions.some((condition) => holdsFor(item, condition));
  return done(listOf(input, "data").filter(keeps));
}

function sort(input: JsonObject): Outcome {
  const by = textOf(input, "by");
  const sign = input.order === "desc" ? -1 : 1;
  const rows = listOf(input, "data").map((item) => ({ item, key: by === "" ? item : atPath(item, by) }));
  const present = rows.filter((row) => row.key !== undefined && row.key !== null);
  const missing = rows.filter((row) => row.key === undefined || row.key === null);
  const stranger = present.find((row) => order(row.key, present[0]?.key) === undefined);
  if (stranger)
    return refuse(`Cannot sort values of different types: ${asText(stranger.key)}`, { field: by || "data" });
  present.sort((a, b) => sign * (order(a.key, b.key) ?? 0));
  return done([...present, ...missing].map((row) => row.item));
}

function group(input: JsonObject): Outcome {
  const groups = new Map<string, { key: Json; items: Json[] }>();
  for (const item of listOf(input, "data")) {
    const key = atPath(item, textOf(input, "by")) ?? null;
    const name = identity(key);
    const found = groups.get(name);
    if (found) found.items.push(item);
    else groups.set(name, { key, items: [item] });
  }
  return done([...groups.values()].map(({ key, items }) => ({ key, items })));
}

function unique(input: JsonObject): Outcome {
  const by = textOf(input, "by");
  const seen = new Set<string>();
  const kept = listOf(input, "data").filter((item) => {
    const name = identity(by === "" ? item : atPath(item, by));
    return !seen.has(name) && seen.add(name);
  });
  return done(kept);
}

function picked(item: Json, fields: string[]): JsonObject {
  const kept: JsonObject = {};
  for (const field of fields) {
    const value = atPath(item, field);
    if (value !== undefined) kept[field] = value;
  }
  return kept;
}

function omitted(item: JsonObject, fields: string[]): JsonObject {
  return Object.fromEntries(
    Object.entries(item).flatMap(([name, value]): [string, Json][] => {
      if (fields.includes(name)) return [];
      const inside = fields.flatMap((field) => (field.startsWith(`${name}.`) ? [field.slice(name.length + 1)] : []));
      return [[name, inside.length > 0 && isObject(value) ? omitted(value, inside) : value]];
    }),
  );
}

/** Applies to a map, or to every map of a list. */
function forEachMap(input: JsonObject, change: (item: JsonObject, fields: string[]) => JsonObject): Outcome {
  const fields = listOf(input, "fields").map(asText);
  const { data } = input;
  if (isObject(data)) return done(change(data, fields));
  if (!Array.isArray(data)) return refuse("`data` must be a map or a list of maps", { field: "data" });
  const stranger = data.findIndex((item) => !isObject(item));
  if (stranger >= 0) return refuse(`Item ${stranger} of \`data\` is not a map`, { field: `data.${stranger}` });
  return done(data.filter(isObject).map((item) => change(item, fields)));
}

function merged(left: JsonObject, right: JsonObject, deep: boolean): JsonObject {
  const result: JsonObject = { ...left };
  for (const [name, value] of Object.entries(right)) {
    const before = Object.hasOwn(result, name) ? result[name] : undefined;
    result[name] = deep && isObject(before) && isObject(value) ? merged(before, value, deep) : value;
  }
  return result;
}

function flattened(items: Json[], depth: number): Json[] {
  return items.flatMap((item) => (Array.isArray(item) ? (depth > 1 ? flattened(item, depth - 1) : item) : [item]));
}

function slice(input: JsonObject): Outcome {
  const rows = listOf(input, "data");
  const from = numberOf(input, "start");
  const start = from < 0 ? Math.max(0, rows.length + from) : from;
  return done(rows.slice(start, start + numberOf(input, "count", rows.length)));
}

/** Actions of `community/data`. */
export const data: Record<string, ToolFunction> = {
  filter,
  sort,
  group,
  unique,
  pick: (input) => forEachMap(input, picked),
  omit: (input) => forEachMap(input, omitted),
  merge: (input) =>
    done(
      listOf(input, "objects")
        .filter(isObject)
        .reduce((left, right) => merged(left, right, input.deep === true), {}),
    ),
  flatten: (input) => done(flattened(listOf(input, "data"), numberOf(input, "depth", 1))),
  slice,
  map: (input) => done(listOf(input, "data").map((item) => atPath(item, textOf(input, "field")) ?? null)),
};
