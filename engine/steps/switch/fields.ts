import { stepLists, steps, template } from "../../definition/field-kinds.ts";
import { stepFields } from "../../definition/step-fields.ts";

/** `value, cases {key: steps}, default` (section 4). */
export const switchFields = stepFields({
  kind: "switch",
  about: "Runs the case whose key equals the value; the output is `{case, matchedValue}`.",
  types: ["switch", "route"],
  tellingKeys: [],
  fields: {
    value: template("What is compared with the keys of the cases, as text.", "logic", { required: true }),
    cases: stepLists("The cases by key, each a list of steps.", { required: true }),
    default: steps("The steps when no case fits."),
  },
  define: ({ value, cases, default: fallback }) =>
    value === undefined || cases === undefined ? undefined : { kind: "switch", value, cases, default: fallback },
});
