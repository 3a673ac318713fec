import { steps } from "../../definition/field-kinds.ts";
import { stepFields } from "../../definition/step-fields.ts";

/** `parallel: [steps]`: runs them at once (section 3). */
export const parallelListFields = stepFields({
  kind: "parallel_list",
  about: "Runs steps at once; `steps.<child>.output` reaches each of them.",
  types: ["parallel_list"],
  tellingKeys: [],
  fields: { parallel: steps("The steps that run at once.", { required: true }) },
  define: ({ parallel }) => parallel && { kind: "parallel_list", steps: parallel },
});
