import type { StepFields } from "../../definition/step-fields.ts";

/** `workflow: <slug or name>` with an optional version or range (section 3). */
export const subworkflowFields: StepFields<"subworkflow"> = {
  kind: "subworkflow",
  types: ["subworkflow", "workflow"],
  tellingKeys: ["workflow"],
  read(block, owner) {
    const workflow = block.name(["workflow"]);
    const version = block.word(["version"]);
    if (!block.has("workflow")) block.missing("workflow", `in ${owner}`);
    return workflow === undefined ? undefined : { kind: "subworkflow", workflow, version };
  },
};
