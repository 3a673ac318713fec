import type { ValidateAnswer } from "../../../contracts/api/workflows.ts";
import { runPrice } from "../../../contracts/pricing.ts";
import { readWorkflows } from "../../../engine/definition/read-workflows.ts";
import { type Analysis, analyse } from "../../../engine/findings/analyse.ts";
import type { Problem } from "../../../engine/source/problem.ts";
import type { SourceFormat } from "../../../engine/source/parse.ts";
import type { Context } from "../context.ts";
import { planDocument } from "./plan.ts";

type WireFinding = ValidateAnswer["findings"][number];
type WireEstimate = NonNullable<ValidateAnswer["estimate"]>[string];

/** What publishing would say, and what it would not: a file that is not valid is a 200 here. */
export async function validateWorkflows(context: Context, text: string, format: SourceFormat): Promise<ValidateAnswer> {
  const read = readWorkflows(text, format);
  const { plannings, problems, unavailable } = await planDocument(context, read);
  const valid = problems.length === 0;
  const findings = unavailable.map(notAvailable);
  for (const { deprecated } of plannings)
    findings.push(...deprecated.map((it) => ({ ...it, code: "deprecated-connector", severity: "warning" as const })));
  const estimate: Record<string, WireEstimate> = {};
  // A text that could not be read whole would be found to lack what was only not understood.
  for (const [index, workflow] of read.problems.length > 0 ? [] : read.workflows.entries()) {
    const planning = plannings[index];
    if (planning === undefined) continue;
    const analysis = analyse(workflow, planning.source);
    findings.push(...analysis.findings);
    estimate[workflow.definition.slug] = wireEstimate(analysis);
  }
  return { valid, problems, findings: findings.sort(byPlace), estimate: valid ? estimate : null };
}

function notAvailable(problem: Problem): WireFinding {
  return { ...problem, code: "not-available", severity: "warning" };
}

function byPlace(a: WireFinding, b: WireFinding): number {
  return (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0);
}

function wireEstimate({ estimate: { steps, actions, stepRuns, executions } }: Analysis): WireEstimate {
  return { steps, actions, step_runs: stepRuns, price: runPrice(executions, stepRuns) };
}
