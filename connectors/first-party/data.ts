import type { JsonObject } from "../../engine/json.ts";
import { toolboxManifest } from "./first-party-manifest.ts";
import { anything, boolean, integer, list, map, object, oneOf, string } from "./schema-terms.ts";

/** How a `filter` condition compares. Words and signs mean the same. */
export const FILTER_OPERATORS = [
  ">",
  ">=",
  "<",
  "<=",
  "==",
  "!=",
  "gt",
  "gte",
  "lt",
  "lte",
  "eq",
  "ne",
  "in",
  "not_in",
  "contains",
  "not_contains",
  "starts_with",
  "ends_with",
  "exists",
  "not_exists",
] as const;

const rows = list("The list to work on");
const field = (description: string) => string(`${description}; dots reach inside`, { minLength: 1 });
const names = list("Names of members; dots reach inside", { type: "string" });
const listOut: JsonObject = { type: "array" };

/** `community/data`: lists and maps. The output of every action is the list or map itself. */
export const data = toolboxManifest(
  {
    name: "data",
    displayName: "Data",
    description: "Filter, sort, group and reshape lists and maps",
    categories: ["data"],
  },
  [
    {
      name: "filter",
      description: "The items for which any condition holds (or all of them, with `match: all`)",
      input: object({
        data: rows,
        conditions: list(
          "What to look for",
          object({
            field: field("Member to look at"),
            operator: oneOf("How to compare", FILTER_OPERATORS),
            "value?": anything("What to compare with"),
          }),
        ),
        "match?": oneOf("Whether one condition is enough", ["any", "all"], { default: "any" }),
      }),
      output: listOut,
    },
    {
      name: "sort",
      description: "The items in order; items without the member come last",
      input: object({
        data: rows,
        "by?": field("Member to sort by; without it the items themselves are compared"),
        "order?": oneOf("Ascending or descending", ["asc", "desc"], { default: "asc" }),
      }),
      output: listOut,
    },
    {
      name: "group",
      description: "A list of {key, items}, in the order in which the keys first appear",
      input: object({ data: rows, by: field("Member whose value is the key") }),
      output: { type: "array", items: object({ key: anything("The value"), items: list("The items that have it") }) },
    },
    {
      name: "unique",
      description: "Each item once, the first of its kind",
      input: object({ data: rows, "by?": field("Member that tells items apart; without it the whole item") }),
      output: listOut,
    },
    {
      name: "pick",
      description: "Only the named members of a map, or of every map of a list",
      input: object({ data: anything("A map or a list of maps"), fields: names }),
      output: {},
    },
    {
      name: "omit",
      description: "All but the named members of a map, or of every map of a list",
      input: object({ data: anything("A map or a list of maps"), fields: names }),
      output: {},
    },
    {
      name: "merge",
      description: "One map of several; the later wins",
      input: object({
        objects: list("The maps", { type: "object" }),
        "deep?": boolean("Merge maps inside too", { default: false }),
      }),
      output: map("The merged map"),
    },
    {
      name: "flatten",
      description: "One list of the items of the lists inside",
      input: object({ data: rows, "depth?": integer("How many levels", { default: 1, minimum: 1, maximum: 16 }) }),
      output: listOut,
    },
    {
      name: "slice",
      description: "A part of the list",
      input: object({
        data: rows,
        "start?": integer("First item, from 0; negative counts from the end", { default: 0 }),
        "count?": integer("How many at most; without it all", { minimum: 0 }),
      }),
      output: listOut,
    },
    {
      name: "map",
      description: "One member of every item",
      input: object({ data: rows, field: field("Member to take") }),
      output: listOut,
    },
  ],
);
