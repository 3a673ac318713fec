import type { StepFields } from "../../definition/step-fields.ts";

/** `condition, then, else` (section 4). The condition chooses the branch; it does not skip the step. */
export const ifFields: StepFields<"if"> = {
  kind: "if",
  types: ["if", "condition"],
  tellingKeys: [],
  read(block, owner) {
    const test = block.condition(["condition"], "logic");
    if (test === undefined) block.missing("condition", `in ${owner}`);
    if (!block.has("then")) block.missing("then", `in ${owner}`);
    const then = block.steps(["then"]);
    const otherwise = block.steps(["else"]);
    return test === undefined || then === undefined ? undefined : { kind: "if", test, then, else: otherwise };
  },
};
