import { steps } from "../../definition/field-kinds.ts";
import { stepFields } from "../../definition/step-fields.ts";

/** `steps, catch, finally`; the step's `retry` repeats the whole block (section 4). */
export const tryFields = stepFields({
  kind: "try",
  about: "Runs steps and goes on when they fail; the output is `{status, attempts, output | error}`.",
  types: ["try"],
  tellingKeys: ["catch", "finally"],
  fields: {
    steps: steps("The steps that may fail; `retry` repeats them all.", { required: true }),
    catch: steps("The steps after a failure. They see `error`: message, code, details, attemptCount."),
    finally: steps("The steps that run in any case."),
  },
  define: ({ steps: inner, catch: handler, finally: always }) =>
    inner && { kind: "try", steps: inner, catch: handler, finally: always },
});
