import { condition, steps } from "../../definition/field-kinds.ts";
import { stepFields } from "../../definition/step-fields.ts";

/** `condition, then, else` (section 4). The condition chooses the branch; it does not skip the step. */
export const ifFields = stepFields({
  kind: "if",
  about: "Runs `then` or `else`; the output is `{branch, conditionResult}`.",
  types: ["if", "condition"],
  tellingKeys: [],
  fields: {
    condition: condition("Chooses the branch: a template, a bare expression or a literal.", "logic", {
      required: true,
    }),
    then: steps("The steps when the condition holds.", { required: true }),
    else: steps("The steps when it does not hold."),
  },
  define: ({ condition: test, then, else: otherwise }) =>
    test === undefined || then === undefined ? undefined : { kind: "if", test, then, else: otherwise },
});
