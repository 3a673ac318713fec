import type { RunError } from "../engine/errors.ts";
import { containsSecret } from "../engine/expressions/secrets.ts";
import type { Json, JsonObject } from "../engine/json.ts";
import type { SchemaProblem } from "../engine/schema/problem.ts";
import { applyDefaults, compileSchema } from "../engine/schema/validate.ts";
import { perSchema } from "./interned-schema.ts";

export type Checked = { ok: true; value: Json } | { ok: false; error: RunError };

/** `unmarked`: of an input in which no marked secret stands, as the caller knows. */
interface InputCheck {
  any(input: Json): Checked;
  unmarked(input: Json): Checked;
}

/**
 * The check of one action's input: fills the schema's defaults in, then validates (section 7). Compiled once per
 * schema. A marked secret is refused: who may hold one reveals it before.
 */
export const inputCheck = perSchema(makeCheck);

function makeCheck(schema: JsonObject): InputCheck {
  const validator = compileSchema(schema);
  const unmarked = (input: Json): Checked => {
    const value = applyDefaults(schema, input);
    const problems = validator.validate(value);
    if (problems.length === 0) return { ok: true, value };
    return { ok: false, error: invalid("The input does not fit the action's schema", problems) };
  };
  const any = (input: Json): Checked =>
    containsSecret(input)
      ? { ok: false, error: { code: "VALIDATION", message: "A secret may not stand in this action's input" } }
      : unmarked(input);
  return { any, unmarked };
}

/** A VALIDATION error that lists located problems, with the first in its message. */
export function invalid(what: string, problems: readonly SchemaProblem[]): RunError {
  const first = problems[0];
  const place = first === undefined ? "" : first.path.slice(1).replaceAll("/", ".");
  return {
    code: "VALIDATION",
    message: `${what}${first === undefined ? "" : `: ${place === "" ? "" : `${place}: `}${first.message}`}`,
    details: {
      ...(first ? { field: first.path, constraint: first.message } : {}),
      problems: problems.map((problem) => ({ ...problem })),
    },
  };
}
