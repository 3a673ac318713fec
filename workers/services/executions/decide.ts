import type { Decision, DecisionBody } from "../../../contracts/api/execution-acts.ts";
import { success, type Result } from "../../../contracts/errors.ts";
import { auditEntry } from "../audit-entry.ts";
import type { Context } from "../context.ts";
import { act } from "./act.ts";

/**
 * Decides an approval. Who may, the step says; that somebody tried who may not is audited after the answer (section 2). What was
 * decided the audit has from the execution's log.
 */
export async function decide(
  context: Context,
  executionId: string,
  step: string,
  { decision, comment }: DecisionBody,
): Promise<Result<Decision>> {
  const { keyId: by, roles } = context.caller;
  const after = await act(context, executionId, { type: "decide", step, decision, comment, by, roles: [...roles] });
  if (!after.ok && after.code === "FORBIDDEN")
    context.background(Promise.resolve(auditEntry(context, "approval.refused", `${executionId}/${step}`)));
  return after.ok ? success({ execution_id: executionId, step, decision, by, comment: comment ?? null }) : after;
}
