import type { ReadWorkflow } from "../../../engine/definition/read-workflows.ts";
import type { StepDefinition, WorkflowDefinition } from "../../../engine/definition/types.ts";
import type { JsonObject } from "../../../engine/json.ts";
import { isObject } from "../../../engine/json.ts";
import type { Problem } from "../../../engine/source/problem.ts";
import { RUNNABLE_KINDS } from "../../../engine/steps/all-step-kinds.ts";
import { stepsOf } from "./steps-of.ts";

/*
 * What the language has and this deployment does not do yet. To run a workflow as if such a member were not there would give
 * it another meaning, so it is valid (a finding) and refused when it is published or started.
 */

function needsApproval(authorization: JsonObject | undefined): boolean {
  const approval = authorization?.approval;
  return isObject(approval) && approval.required !== false && approval.required !== "never";
}

function blocksExposure({ execution }: WorkflowDefinition): boolean {
  return isObject(execution?.security) && execution.security.blockOnExposure === true;
}

/** Members of a workflow, as its file calls them. */
function workflowMembers(definition: WorkflowDefinition): string[] {
  const found: [string, boolean][] = [
    ["nodes", definition.graph !== undefined],
    ["concurrency", definition.concurrency !== undefined],
    ["budget", definition.budget !== undefined && definition.graph === undefined],
    ["authorization/approval", needsApproval(definition.authorization)],
    ["execution/security/blockOnExposure", blocksExposure(definition)],
  ];
  return found.filter(([, used]) => used).map(([member]) => member);
}

/** Likewise of a step. */
function stepMembers(step: StepDefinition): string[] {
  const found: [string, boolean][] = [
    ["cache", step.cache !== undefined],
    ["compensate", (step.compensate?.length ?? 0) > 0],
    ["guardrails", step.guardrails !== undefined],
    ["authorization/approval", needsApproval(step.authorization)],
  ];
  return found.filter(([, used]) => used).map(([member]) => member);
}

/** Every use of such a feature in a workflow, located. */
export function unavailableFeatures(read: ReadWorkflow): Problem[] {
  const problems = workflowMembers(read.definition).map((member): Problem => {
    const path = `${read.pointer}/${member}`;
    const what = member === "nodes" ? "Graph workflows are" : `"${member}" is`;
    return { path, ...read.locate(path), message: `${what} not available yet.` };
  });
  for (const step of stepsOf(read.definition)) {
    if (!RUNNABLE_KINDS.has(step.kind)) {
      problems.push(read.problemAt(step.id, "type", `Steps of kind "${step.kind}" are not available yet.`));
    }
    for (const member of stepMembers(step)) {
      problems.push(read.problemAt(step.id, member, `"${member}" of a step is not available yet.`));
    }
  }
  return problems;
}
