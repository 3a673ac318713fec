import { name, word } from "../../definition/field-kinds.ts";
import { stepFields } from "../../definition/step-fields.ts";

/** `workflow: <slug or name>` with an optional version or range (section 3). */
export const subworkflowFields = stepFields({
  kind: "subworkflow",
  about: "Runs another workflow; its outputs are at `steps.<id>.outputs`.",
  types: ["subworkflow", "workflow"],
  tellingKeys: ["workflow"],
  fields: {
    workflow: name("The slug or the name of the workflow.", { required: true }),
    version: word("Its version or a range; left out, the newest."),
  },
  define: ({ workflow, version }) => (workflow === undefined ? undefined : { kind: "subworkflow", workflow, version }),
});
