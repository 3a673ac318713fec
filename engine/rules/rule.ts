import type { ExpressionUse } from "../definition/expression-use.ts";
import type { ReadWorkflow } from "../definition/read-workflows.ts";
import type { Reference } from "../expressions/types.ts";
import type { Problem } from "../source/problem.ts";

/** A check over one whole workflow, after every block of it has been read. Gives located problems. */
export type Rule = (workflow: ReadWorkflow) => Iterable<Problem>;

/** A problem at a reference inside an expression, on its exact line and column. */
export function atReference(
  workflow: ReadWorkflow,
  use: ExpressionUse,
  reference: Reference,
  message: string,
  suggestion?: string,
): Problem {
  const place = workflow.locateIn(use.node, reference.offset);
  return { path: use.pointer, ...place, message, ...(suggestion === undefined ? {} : { suggestion }) };
}

/** A problem at a value of the file. */
export function atPointer(workflow: ReadWorkflow, path: string, message: string, suggestion?: string): Problem {
  return { path, ...workflow.locate(path), message, ...(suggestion === undefined ? {} : { suggestion }) };
}
