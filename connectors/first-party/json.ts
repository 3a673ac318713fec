import type { JsonObject } from "../../engine/json.ts";
import { toolboxManifest } from "./first-party-manifest.ts";
import { anything, boolean, integer, list, map, object, oneOf, string } from "./schema-terms.ts";

const data = anything("The document");
const pointer = string("JSON pointer (RFC 6901), such as /items/0/name; empty for the whole document");
const changed: JsonObject = object({ data: anything("The changed document") });

const operation: JsonObject = {
  type: "object",
  description: "One operation of RFC 6902",
  properties: {
    op: oneOf("What to do", ["add", "remove", "replace", "move", "copy", "test"]),
    path: string("Where, as a JSON pointer"),
    from: string("For move and copy: from where, as a JSON pointer"),
    value: anything("For add, replace and test"),
  },
  required: ["op", "path"],
  additionalProperties: true,
};

/** `community/json`: JSON text and documents. */
export const json = toolboxManifest(
  {
    name: "json",
    displayName: "JSON",
    description: "Read, write, patch, merge, compare and check JSON documents",
    categories: ["data"],
  },
  [
    {
      name: "parse",
      description: "The value that a JSON text stands for",
      input: object({ text: string("The JSON text") }),
      output: object({ value: anything("The value") }),
    },
    {
      name: "stringify",
      description: "A value as JSON text",
      input: object({
        value: anything("The value"),
        "indent?": integer("Blanks per level; 0 writes one line", { default: 0, minimum: 0, maximum: 10 }),
        "sort_keys?": boolean("Members in the order of their names", { default: false }),
      }),
      output: object({ text: string("The JSON text") }),
    },
    {
      name: "get",
      description: "The value at a place",
      input: object({ data, pointer, "default?": anything("The value where nothing is there") }),
      output: object({
        found: boolean("Whether something is there"),
        value: anything("What is there, else the default"),
      }),
    },
    {
      name: "set",
      description: "The document with another value at a place; `-` is the end of a list",
      input: object({
        data,
        pointer,
        value: anything("The new value"),
        "create?": boolean("Make the maps that lead there where they are missing", { default: false }),
      }),
      output: changed,
    },
    {
      name: "remove",
      description: "The document without what stands at a place",
      input: object({ data, pointer }),
      output: object({
        data: anything("The changed document"),
        removed: boolean("Whether something was there"),
        value: anything("What was there"),
      }),
    },
    {
      name: "patch",
      description: "Applies a JSON patch (RFC 6902), all of it or nothing",
      input: object({ data, patch: { ...list("The operations, in order", operation), maxItems: 10_000 } }),
      output: changed,
    },
    {
      name: "merge",
      description:
        "Applies a merge patch (RFC 7396): null takes a member away, maps are merged, anything else replaces",
      input: object({ data, patch: anything("What to change") }),
      output: changed,
    },
    {
      name: "diff",
      description: "The JSON patch (RFC 6902) that leads from one document to another",
      input: object({ before: anything("The document before"), after: anything("The document after") }),
      output: object({ equal: boolean("Whether nothing differs"), patch: list("The operations", { type: "object" }) }),
    },
    {
      name: "validate",
      description: "Whether a document fits a JSON Schema (2020-12)",
      input: object({ data, schema: map("The JSON Schema") }),
      output: object({
        valid: boolean("Whether it fits"),
        problems: list(
          "What does not fit, at most 100",
          object({ path: string("Where, as a JSON pointer"), message: string("What is wrong") }),
        ),
      }),
    },
    {
      name: "flatten",
      description: "One flat map whose names are the ways to the values",
      input: object({ data, "separator?": string("Between the names of a way", { default: ".", minLength: 1 }) }),
      output: object({ data: map("The flat map") }),
    },
    {
      name: "unflatten",
      description: "What `flatten` was given; a map of members 0, 1, 2 … becomes a list",
      input: object({
        data: map("The flat map"),
        "separator?": string("Between the names of a way", { default: ".", minLength: 1 }),
      }),
      output: object({ data: anything("The document") }),
    },
  ],
);
