import { boolean, condition, steps } from "../../definition/field-kinds.ts";
import { stepFields } from "../../definition/step-fields.ts";

/** `items, maxConcurrency, ordered, continueOnError, steps` (section 4); the two limits are fields of every step. */
export const forEachFields = stepFields({
  kind: "forEach",
  about: "Runs its steps for every item; the output is `{results, successCount, errorCount, totalCount}`.",
  types: ["forEach", "for_each", "foreach", "loop"],
  tellingKeys: [],
  fields: {
    items: condition("What to go through: a list, or a map (items are `{key, value}`).", "logic", { required: true }),
    ordered: boolean("Results are always in item order; this asks for no more."),
    steps: steps("The steps of one iteration. They see `item`, `index`, `isFirst`, `isLast`.", {
      required: true,
      in: "loop",
    }),
  },
  define: ({ items, ordered, steps: inner }) =>
    items === undefined || inner === undefined ? undefined : { kind: "forEach", items, ordered, steps: inner },
});
