import type { ReadWorkflow, ReadWorkflows } from "../../../engine/definition/read-workflows.ts";
import type { Problem } from "../../../engine/source/problem.ts";
import type { Context } from "../context.ts";
import { DocumentPlanner } from "./document-planner.ts";
import type { Planning } from "./planning.ts";

/**
 * Every workflow of a document, planned (or only those `wanted`, and what they call), and every problem of it: those of the
 * text, of its connectors and of its subworkflows at once.
 */
export async function planDocument(
  context: Context,
  read: ReadWorkflows,
  wanted: readonly ReadWorkflow[] = read.workflows,
): Promise<{ plannings: Planning[]; problems: Problem[]; unavailable: Problem[] }> {
  const planner = new DocumentPlanner(context, read.workflows);
  const plannings: Planning[] = [];
  for (const workflow of wanted) plannings.push(await planner.plan(workflow));
  const all = [...planner.plannings.values()];
  // Where the text is already refused, what follows from it is not worth saying.
  const told = new Set(read.problems.map((problem) => problem.path));
  const more = all.flatMap((planning) => planning.problems).filter((problem) => !told.has(problem.path));
  const place = (problem: Problem) => (problem.line ?? 0) * 100_000 + (problem.column ?? 0);
  const problems = [...read.problems, ...more].sort((a, b) => place(a) - place(b));
  return { plannings, problems, unavailable: all.flatMap((planning) => planning.unavailable) };
}
