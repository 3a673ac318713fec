import { ExpressionError } from "../expressions/expression-error.ts";
import type { RunError } from "../errors.ts";

/** The failure of an expression as an error of the run. Anything else is a bug and goes on. */
export function expressionFailure(error: unknown): RunError {
  if (error instanceof ExpressionError) {
    return { code: error.code, message: error.message, ...(error.details ? { details: error.details } : {}) };
  }
  throw error;
}
