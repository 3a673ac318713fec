import type { RunError } from "../engine/errors.ts";
import { walkSecrets } from "../engine/expressions/walk-secrets.ts";
import type { Json, JsonObject } from "../engine/json.ts";
import type { SchemaProblem } from "../engine/schema/problem.ts";
import { applyDefaults, compileSchema } from "../engine/schema/validate.ts";

export type Checked = { ok: true; value: Json } | { ok: false; error: RunError };

const checks = new WeakMap<JsonObject, (input: Json) => Checked>();

/**
 * The check of one action's input: fills the schema's defaults in, then validates (section 7). Compiled once per schema
 * object. A marked secret is refused: who may hold one reveals it before.
 */
export function inputCheck(schema: JsonObject): (input: Json) => Checked {
  const known = checks.get(schema);
  if (known !== undefined) return known;
  const validator = compileSchema(schema);
  const made = (input: Json): Checked => {
    if (walkSecrets(input, () => true)) {
      return { ok: false, error: { code: "VALIDATION", message: "A secret may not stand in this action's input" } };
    }
    const value = applyDefaults(schema, input);
    const problems = validator.validate(value);
    if (problems.length === 0) return { ok: true, value };
    return { ok: false, error: invalid("The input does not fit the action's schema", problems) };
  };
  checks.set(schema, made);
  return made;
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
