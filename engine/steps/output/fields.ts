import { template } from "../../definition/field-kinds.ts";
import { stepFields } from "../../definition/step-fields.ts";

/** `value`: any structure of templates (section 4). */
export const outputFields = stepFields({
  kind: "output",
  about: "Gives a value: the output is `{value}`.",
  types: ["output"],
  tellingKeys: [],
  fields: { value: template("A template, or a structure of templates.", "logic", { required: true }) },
  define: ({ value }) => (value === undefined ? undefined : { kind: "output", value }),
});
