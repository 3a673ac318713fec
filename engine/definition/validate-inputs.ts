import { compileTemplate, ExpressionError } from "../expressions/index.ts";
import type { Scope } from "../expressions/types.ts";
import { isObject, type Json, type JsonObject } from "../json.ts";
import { compileSchema, type SchemaValidator } from "../schema/validate.ts";
import { nearestName } from "../source/nearest-name.ts";
import { SOURCE_LIMITS } from "../source/limits.ts";
import type { Problem } from "../source/problem.ts";
import { pointerTo } from "../source/tree.ts";
import { holdsTemplate } from "./read-inputs.ts";
import type { InputDeclaration, WorkflowDefinition } from "./types.ts";

export type PreparedInputs = { ok: true; inputs: JsonObject } | { ok: false; problems: Problem[] };

/** Validators by declaration: a definition is immutable and its declarations live as long as it does. */
const validators = new WeakMap<JsonObject, SchemaValidator>();

/**
 * What a run gets as `inputs` (sections 2 and 20): undeclared ones refused, defaults filled in (templates evaluated in `scope`),
 * every declared input present (null when optional and not given). All problems at once, with path and message.
 * `pointer` is where the inputs stand in what the caller was sent.
 */
export function prepareInputs(
  definition: Pick<WorkflowDefinition, "inputs">,
  given: JsonObject,
  scope: Scope,
  pointer = "/inputs",
): PreparedInputs {
  const unfit = unfitValue(given, pointer, 0);
  if (unfit !== undefined) return { ok: false, problems: [unfit] };
  const problems: Problem[] = [];
  const names = Object.keys(definition.inputs);
  for (const name of Object.keys(given)) {
    if (Object.hasOwn(definition.inputs, name)) continue;
    const suggestion = nearestName(name, names);
    const hint = suggestion === undefined ? "" : `; did you mean "${suggestion}"?`;
    problems.push({
      path: pointerTo(pointer, name),
      message: `there is no input "${name}"${hint}`,
      ...(suggestion === undefined ? {} : { suggestion }),
    });
  }
  const inputs: JsonObject = {};
  for (const name of names) {
    const declaration = definition.inputs[name];
    if (declaration === undefined) continue;
    const value = Object.hasOwn(given, name) ? given[name] : undefined;
    inputs[name] = inputValue(declaration, name, value, scope, pointerTo(pointer, name), problems);
  }
  return problems.length > 0 ? { ok: false, problems } : { ok: true, inputs };
}

function inputValue(
  declaration: InputDeclaration,
  name: string,
  given: Json | undefined,
  scope: Scope,
  path: string,
  problems: Problem[],
): Json {
  if (given === undefined) {
    if (declaration.default !== undefined) return defaultOf(declaration, name, scope, path, problems);
    if (declaration.required === true) problems.push({ path, message: `${name} is required` });
    return null;
  }
  if (given === null && declaration.required !== true && declaration.default === undefined) return null;
  check(declaration, name, given, path, problems);
  return given;
}

/** A literal default was checked when the file was read; one with templates only has a value now. */
function defaultOf(declaration: InputDeclaration, name: string, scope: Scope, path: string, problems: Problem[]): Json {
  const fallback = declaration.default ?? null;
  if (!holdsTemplate(fallback)) return fallback;
  try {
    const value = evaluated(fallback, scope);
    check(declaration, name, value, path, problems);
    return value;
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    problems.push({ path, message: `the default of ${name} cannot be evaluated: ${error.message}` });
    return null;
  }
}

function evaluated(value: Json, scope: Scope): Json {
  if (Array.isArray(value)) return value.map((item) => evaluated(item, scope));
  if (isObject(value))
    return Object.fromEntries(Object.entries(value).map(([key, content]) => [key, evaluated(content, scope)]));
  if (typeof value !== "string") return value;
  const result = compileTemplate(value);
  return result.ok ? result.compiled.evaluate(scope) : value;
}

function check(declaration: InputDeclaration, name: string, value: Json, path: string, problems: Problem[]): void {
  let validator = validators.get(declaration.schema);
  if (validator === undefined) {
    validator = compileSchema(declaration.schema);
    validators.set(declaration.schema, validator);
  }
  for (const problem of validator.validate(value)) {
    const message = problem.path === "" ? `${name} ${problem.message}` : problem.message;
    problems.push({ ...problem, path: path + problem.path, message });
  }
}

/** Input that no run may hold, whatever is declared: a key named `__proto__`, a number such as 1e999, values nested without end (section 20). */
function unfitValue(value: Json, path: string, depth: number): Problem | undefined {
  if (typeof value === "number" && !Number.isFinite(value))
    return { path, message: "is a number that JSON cannot hold" };
  if (typeof value !== "object" || value === null) return undefined;
  if (depth >= SOURCE_LIMITS.depth) return { path, message: `is nested deeper than ${SOURCE_LIMITS.depth} levels` };
  if (Object.hasOwn(value, "__proto__"))
    return { path: pointerTo(path, "__proto__"), message: 'a key must not be named "__proto__"' };
  if (Object.hasOwn(value, "$secret"))
    return {
      path: pointerTo(path, "$secret"),
      message: 'a key must not be named "$secret": it marks the platform\'s own secrets',
    };
  for (const [key, member] of Object.entries(value)) {
    const nested = typeof member === "object" || typeof member === "number";
    const unfit = nested ? unfitValue(member, pointerTo(path, key), depth + 1) : undefined;
    if (unfit !== undefined) return unfit;
  }
  return undefined;
}
