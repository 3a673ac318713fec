import type { ValidateAnswer } from "../../../contracts/api/workflows.ts";
import { readWorkflows } from "../../../engine/definition/read-workflows.ts";
import type { SourceFormat } from "../../../engine/source/parse.ts";
import type { JsonObject } from "../../../engine/json.ts";
import type { Context } from "../context.ts";
import { planDocument } from "./plan.ts";
import { stepsOf } from "./steps-of.ts";

/** What publishing would say, without publishing: a file that is not valid is a 200 here. */
export async function validateWorkflows(context: Context, text: string, format: SourceFormat): Promise<ValidateAnswer> {
  const read = readWorkflows(text, format);
  const { problems, unavailable } = await planDocument(context, read);
  const valid = problems.length === 0;
  const estimate: JsonObject = {};
  for (const { definition } of read.workflows) {
    const steps = [...stepsOf(definition)];
    estimate[definition.slug] = { steps: steps.length, calls: steps.filter((step) => step.kind === "action").length };
  }
  return { valid, problems, findings: unavailable, estimate: valid ? estimate : null };
}
