import type { StepFields } from "../../definition/step-fields.ts";
import type { Json } from "../../json.ts";

const LANGUAGES = ["template", "jsonpath", "jq", "jsonata", "javascript", "python"] as const;

/** `language, expression` (section 4). Only `template` is our own language; the others are checked where they are known. */
export const transformFields: StepFields<"transform"> = {
  kind: "transform",
  types: ["transform"],
  tellingKeys: [],
  read(block, owner) {
    const language = block.oneOf(["language"], LANGUAGES);
    const expression: Json | undefined =
      language === "template" ? block.template(["expression"], "logic") : block.text(["expression"]);
    if (!block.has("language")) block.missing("language", `in ${owner}`);
    if (!block.has("expression")) block.missing("expression", `in ${owner}`);
    return language === undefined || expression === undefined ? undefined : { kind: "transform", language, expression };
  },
};
