import type { JsonObject } from "../../json.ts";
import { put } from "../values.ts";
import { asMap } from "./arguments.ts";
import type { FunctionRow } from "./function-row.ts";

const value = { name: "value" };

export const MAP_FUNCTIONS: readonly FunctionRow[] = [
  {
    name: "keys",
    summary: "list of a map's keys",
    parameters: [value],
    nests: 1,
    apply: ([map], run) => Object.keys(asMap(map, "keys", run)),
  },
  {
    name: "values",
    summary: "list of a map's values",
    parameters: [value],
    apply: ([map], run) => Object.values(asMap(map, "values", run)),
  },
  {
    name: "items",
    summary: "list of a map's `[key, value]` pairs",
    parameters: [value],
    nests: 1,
    apply: ([map], run) => Object.entries(asMap(map, "items", run)).map(([key, member]) => [key, member]),
  },
  {
    name: "merge",
    summary: "one map of several; a later one's members win",
    parameters: [value],
    rest: true,
    apply: (maps, run) => {
      const merged: JsonObject = {};
      for (const map of maps)
        for (const [key, member] of Object.entries(asMap(map, "merge", run))) put(merged, key, member);
      return merged;
    },
  },
];
