import type { StepFields } from "../../definition/step-fields.ts";

/** `steps, catch, finally`; the step's `retry` repeats the whole block (section 4). */
export const tryFields: StepFields<"try"> = {
  kind: "try",
  types: ["try"],
  tellingKeys: ["catch", "finally"],
  read(block, owner) {
    if (!block.has("steps")) block.missing("steps", `in ${owner}`);
    const steps = block.steps(["steps"]);
    const handler = block.steps(["catch"]);
    const always = block.steps(["finally"]);
    return steps && { kind: "try", steps, catch: handler, finally: always };
  },
};
