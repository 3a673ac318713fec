import type { StepFields } from "../../definition/step-fields.ts";

/** `value, cases {key: steps}, default` (section 4). */
export const switchFields: StepFields<"switch"> = {
  kind: "switch",
  types: ["switch", "route"],
  tellingKeys: [],
  read(block, owner) {
    const value = block.template(["value"], "logic");
    if (value === undefined) block.missing("value", `in ${owner}`);
    if (!block.has("cases")) block.missing("cases", `in ${owner}`);
    const cases = block.stepLists(["cases"]);
    const fallback = block.steps(["default"]);
    return value === undefined || cases === undefined ? undefined : { kind: "switch", value, cases, default: fallback };
  },
};
