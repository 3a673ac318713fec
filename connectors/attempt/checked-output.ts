import type { JsonObject } from "../../engine/json.ts";
import type { ActionResult } from "../../engine/run/types.ts";
import { compileSchema } from "../../engine/schema/validate.ts";
import { invalid } from "../input-check.ts";
import { perSchema } from "../interned-schema.ts";

const checkOf = perSchema(compileSchema);

/** The result, if its output fits the action's schema. */
export function checkedOutput(
  schema: JsonObject | undefined,
  result: Extract<ActionResult, { ok: true }>,
): ActionResult {
  if (schema === undefined) return result;
  const problems = checkOf(schema).validate(result.output);
  return problems.length === 0
    ? result
    : { ok: false, error: invalid("The answer does not fit the action's output schema", problems) };
}
