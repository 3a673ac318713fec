import type { StepFields } from "../../definition/step-fields.ts";

/** `value`: any structure of templates (section 4). */
export const outputFields: StepFields<"output"> = {
  kind: "output",
  types: ["output"],
  tellingKeys: [],
  read(block, owner) {
    const value = block.template(["value"], "logic");
    if (value === undefined) block.missing("value", `in ${owner}`);
    return value === undefined ? undefined : { kind: "output", value };
  },
};
