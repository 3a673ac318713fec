import type { Json, JsonObject } from "../json.ts";
import { member } from "../json.ts";
import { compileCondition, compileExpression, compileTemplate } from "./compile.ts";
import { ExpressionError } from "./expression-error.ts";
import type { Compiled, CompileResult, Scope } from "./types.ts";

/** A scope over plain roots, at a fixed time. */
export function scopeOf(roots: JsonObject, strict = false): Scope {
  return { root: (name) => member(roots, name), now: Date.UTC(2026, 9, 23, 8, 5, 9, 42), seed: "exec_1:step", strict };
}

export function compiledOf(result: CompileResult): Compiled {
  if (result.ok) return result.compiled;
  throw new Error(result.problems.map(({ message, offset }) => `${offset}: ${message}`).join("; "));
}

/** Value of a bare expression over the inputs. */
export function value(source: string, inputs: JsonObject = {}, strict = false): Json {
  return compiledOf(compileExpression(source)).evaluate(scopeOf({ inputs }, strict));
}

/** What a template gives over the inputs. */
export function rendered(source: string, inputs: JsonObject = {}, strict = false): Json {
  return compiledOf(compileTemplate(source)).evaluate(scopeOf({ inputs }, strict));
}

export function holds(source: Json, inputs: JsonObject = {}): boolean {
  return compiledOf(compileCondition(source)).test(scopeOf({ inputs }));
}

/** The error that an evaluation fails with. */
export function failure(evaluate: () => unknown): ExpressionError {
  try {
    evaluate();
  } catch (error) {
    if (error instanceof ExpressionError) return error;
    throw error;
  }
  throw new Error("It did not fail");
}

/** The problems of a source, as `offset: message (suggestion)`. */
export function problemsOf(result: CompileResult): string[] {
  if (result.ok) return [];
  return result.problems.map(
    ({ offset, message, suggestion }) => `${offset}: ${message}${suggestion === undefined ? "" : ` (${suggestion})`}`,
  );
}
