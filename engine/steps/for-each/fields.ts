import type { StepFields } from "../../definition/step-fields.ts";

/** `items, maxConcurrency, ordered, continueOnError, steps` (section 4); the two limits are fields of every step. */
export const forEachFields: StepFields<"forEach"> = {
  kind: "forEach",
  types: ["forEach", "for_each", "foreach", "loop"],
  tellingKeys: [],
  read(block, owner) {
    const items = block.condition(["items"], "logic");
    const ordered = block.boolean(["ordered"]);
    if (items === undefined) block.missing("items", `in ${owner}`);
    if (!block.has("steps")) block.missing("steps", `in ${owner}`);
    const steps = block.steps(["steps"], { ...block.scope, loop: true });
    return items === undefined || steps === undefined ? undefined : { kind: "forEach", items, ordered, steps };
  },
};
