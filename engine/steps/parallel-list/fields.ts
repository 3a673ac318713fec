import type { StepFields } from "../../definition/step-fields.ts";

/** `parallel: [steps]`: runs them at once (section 3). */
export const parallelListFields: StepFields<"parallel_list"> = {
  kind: "parallel_list",
  types: ["parallel_list"],
  tellingKeys: [],
  read(block) {
    const steps = block.steps(["parallel"]);
    return steps && { kind: "parallel_list", steps };
  },
};
