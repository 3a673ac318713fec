import type { Problem } from "../engine/source/problem.ts";
import { failure, type Failure } from "./errors.ts";

/**
 * The Failure of a refused document or body: `details.problems` has all of them, `field` and `constraint` speak of the
 * first (sections 13 and 20).
 */
export function validationFailure(problems: readonly Problem[], message?: string): Failure {
  const first = problems[0];
  const others = problems.length - 1;
  const more = others > 0 ? ` (and ${others} more ${others === 1 ? "problem" : "problems"})` : "";
  return failure("VALIDATION", message ?? `${first?.message ?? "The request is not valid."}${more}`, {
    problems: problems.map((problem) => ({ ...problem })),
    field: (first?.path ?? "").split("/").slice(1).join("."),
    constraint: first?.message ?? "",
  });
}
