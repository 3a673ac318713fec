import type { JsonObject } from "../../engine/json.ts";
import { toolboxManifest } from "./first-party-manifest.ts";
import { anything, boolean, integer, list, object, string } from "./schema-terms.ts";

const text = object({ text: string("The text that came out") });

function change(name: string, description: string, more: Record<string, JsonObject> = {}) {
  return { name, description, input: object({ text: string("The text to work on"), ...more }), output: text };
}

/** `community/text`: making and taking apart text. */
export const textConnector = toolboxManifest(
  { name: "text", displayName: "Text", description: "Make, change and take apart text", categories: ["text"] },
  [
    {
      name: "template",
      description: "Gives the text of `template`; its expressions were evaluated with the step's input, never here",
      input: object({ template: anything("The rendered text; other values are written as text") }),
      output: text,
    },
    change("upper", "All letters upper case"),
    change("lower", "All letters lower case"),
    change("title", "The first letter of every word upper case"),
    change("trim", "Without blanks at either end"),
    change("replace", "Replaces one piece of text by another, literally", {
      search: string("What to look for", { minLength: 1 }),
      replacement: string("What to put in its place"),
      "all?": boolean("Every occurrence, or only the first", { default: true }),
    }),
    change("truncate", "At most so many characters, with an ending where something was cut", {
      length: integer("Most characters of the result, the ending included", { minimum: 0 }),
      "ending?": string("Stands at the end of a cut text", { default: "…" }),
    }),
    {
      name: "split",
      description: "Cuts a text at every separator",
      input: object({ text: string("The text to cut"), "separator?": string("Where to cut", { default: "," }) }),
      output: object({ parts: list("The pieces, in order", { type: "string" }) }),
    },
    {
      name: "join",
      description: "Writes the items of a list one after another",
      input: object({ items: list("What to write"), "separator?": string("Stands between items", { default: "" }) }),
      output: text,
    },
    {
      name: "contains",
      description: "Whether a text holds another",
      input: object({ text: string("The text to look in"), search: string("What to look for") }),
      output: object({ result: boolean("True where it does") }),
    },
    {
      name: "length",
      description: "The number of characters (Unicode code points)",
      input: object({ text: string("The text to measure") }),
      output: object({ length: integer("How many") }),
    },
  ],
);
