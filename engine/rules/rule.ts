import type { ReadWorkflow } from "../definition/read-workflows.ts";
import type { Problem } from "../source/problem.ts";

/** A check over one whole workflow, after every block of it has been read. Gives located problems. */
export type Rule = (workflow: ReadWorkflow) => Iterable<Problem>;
