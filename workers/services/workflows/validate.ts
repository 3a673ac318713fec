import type { ValidateAnswer } from "../../../contracts/api/workflows.ts";
import { readWorkflows } from "../../../engine/definition/read-workflows.ts";
import type { SourceFormat } from "../../../engine/source/parse.ts";
import type { JsonObject } from "../../../engine/json.ts";
import type { Context } from "../context.ts";
import { planWorkflow } from "./plan.ts";
import { stepsOf } from "./steps-of.ts";

/** What publishing would say, without publishing: a file that is not valid is a 200 here. */
export async function validateWorkflows(context: Context, text: string, format: SourceFormat): Promise<ValidateAnswer> {
  const read = readWorkflows(text, format);
  const problems = [...read.problems];
  const findings: ValidateAnswer["findings"] = [];
  const estimate: JsonObject = {};
  for (const workflow of read.problems.length > 0 ? [] : read.workflows) {
    const planning = await planWorkflow(context, workflow);
    problems.push(...planning.problems);
    findings.push(...planning.unavailable);
    const steps = [...stepsOf(workflow.definition)];
    estimate[workflow.definition.slug] = { steps: steps.length, calls: steps.filter((step) => step.kind === "action").length };
  }
  const valid = problems.length === 0;
  return { valid, problems, findings, estimate: valid ? estimate : null };
}
