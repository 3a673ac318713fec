import { accepted, executionRecord } from "../../../../contracts/api/executions.ts";
import type { Failure, Result } from "../../../../contracts/errors.ts";
import { executionLinks } from "../../../services/executions/links.ts";
import type { StartOutcome } from "../../../services/executions/send-start.ts";
import type { Answer, AnswerSpec } from "../../endpoint.ts";

export const START_ANSWERS: Readonly<Record<number, AnswerSpec>> = {
  200: { description: "sync: the run has ended", schema: executionRecord },
  202: { description: "Accepted; a sync run that is not done by then goes on", schema: accepted },
};

/** 200 with the record of a run that has ended, else 202 with where to look. */
export function startAnswer(outcome: Result<StartOutcome>): Answer | Failure {
  if (!outcome.ok) return outcome;
  if (outcome.value.kind === "finished") return { status: 200, body: outcome.value.record };
  const { executionId } = outcome.value;
  const links = executionLinks(executionId);
  return {
    status: 202,
    body: { status: "pending", execution_id: executionId, ...links },
    headers: { location: links.poll_url },
  };
}
