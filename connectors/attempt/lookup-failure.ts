import { ExpressionError } from "../../engine/expressions/expression-error.ts";
import { type Failed, failed } from "../failed.ts";
import { RenderProblem } from "../handlers/http/render.ts";

/** What was thrown while the request was being prepared. */
export function lookupFailure(error: unknown): Failed {
  if (error instanceof RenderProblem) return failed("VALIDATION", error.message, { field: error.field });
  if (error instanceof ExpressionError) return failed("VALIDATION", error.message, {});
  return failed("UNAVAILABLE", "The call's credentials and values could not be looked up", { reason: "lookup" });
}
