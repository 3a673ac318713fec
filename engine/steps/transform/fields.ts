import type { BlockReader, Names } from "../../definition/block-reader.ts";
import { custom, oneOf } from "../../definition/field-kinds.ts";
import { stepFields } from "../../definition/step-fields.ts";
import type { Json } from "../../json.ts";

const LANGUAGES = ["template", "jsonpath", "jq", "jsonata", "javascript", "python"] as const;

/** `language, expression` (section 4). Only `template` is our own language; the others are checked where they are known. */
export const transformFields = stepFields({
  kind: "transform",
  about: "Computes a value from what there is; the output is `{result}`.",
  types: ["transform"],
  tellingKeys: [],
  fields: {
    language: oneOf("The language of the expression.", LANGUAGES, { required: true }),
    expression: custom<Json>("The expression, in that language.", { not: { type: "null" } }, readExpression, {
      required: true,
    }),
  },
  between: [
    {
      if: { properties: { language: { const: "template" } } },
      else: { properties: { expression: { type: "string" } } },
    },
  ],
  define: ({ language, expression }) =>
    language === undefined || expression === undefined ? undefined : { kind: "transform", language, expression },
});

function readExpression(block: BlockReader, names: Names): Json | undefined {
  const language = block.member(["language"])?.node;
  const own = language?.kind === "scalar" && language.value === "template";
  return own ? block.template(names, "logic") : block.text(names);
}
