import type { JsonObject } from "../../engine/json.ts";
import { toolboxManifest } from "./first-party-manifest.ts";
import { anything, boolean, integer, list, object, oneOf, string } from "./schema-terms.ts";

const reading: Record<string, JsonObject> = {
  text: string("The CSV text"),
  "delimiter?": string("Between fields; empty finds it out", { default: "", maxLength: 1 }),
  "quote?": string("Around fields", { default: '"', minLength: 1, maxLength: 1 }),
  "header?": boolean("Whether the first row names the columns", { default: true }),
  "keep_empty?": boolean("Keep rows without anything in them", { default: false }),
};
const columns = list("Names of the columns, in order", { type: "string" });
const count = integer("How many rows, the header not counted");

/** `community/csv`: tables as text (RFC 4180 and its relatives). */
export const csv = toolboxManifest(
  { name: "csv", displayName: "CSV", description: "Read and write tables as text", categories: ["data"] },
  [
    {
      name: "parse",
      description: "The rows of a CSV text: maps by column, or lists where it has no header",
      input: object({
        ...reading,
        "typed?": boolean("Numbers, true, false and nothing as such; 007 stays text", { default: false }),
        "ragged?": boolean("Take rows that have more or fewer fields than there are columns", { default: false }),
      }),
      output: object({
        rows: list("The rows", { type: ["object", "array"] }),
        columns,
        count,
        delimiter: string("What stands between fields"),
      }),
    },
    {
      name: "inspect",
      description: "What a CSV text looks like, without its rows",
      input: object(reading),
      output: object({
        columns,
        count,
        ragged: integer("Rows with more or fewer fields than there are columns"),
        delimiter: string("What stands between fields"),
        sample: list("The first five rows, as text", { type: "array", items: { type: "string" } }),
      }),
    },
    {
      name: "format",
      description: "Rows as CSV text",
      input: object({
        rows: list("Maps, or lists of fields", anything("A map or a list", { type: ["object", "array"] })),
        "columns?": list("Which members, in which order; dots reach inside. Without it all, as they first appear", {
          type: "string",
        }),
        "header?": boolean("Begin with the names of the columns", { default: true }),
        "delimiter?": string("Between fields", { default: ",", minLength: 1, maxLength: 1 }),
        "newline?": oneOf("Between rows", ["\r\n", "\n"], { default: "\r\n" }),
        "quote_all?": boolean("Quotes around every field", { default: false }),
        "escape_formulas?": boolean("Defuse fields that a spreadsheet would take for a formula", { default: false }),
      }),
      output: object({ text: string("The CSV text"), count }),
    },
  ],
);
