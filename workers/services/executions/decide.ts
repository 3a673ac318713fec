import type { Decision, DecisionBody } from "../../../contracts/api/execution-acts.ts";
import { success, type Result } from "../../../contracts/errors.ts";
import { auditEntry } from "../audit-entry.ts";
import type { Context } from "../context.ts";
import { act } from "./act.ts";

/** Decides an approval. Who may, the step says; that somebody tried who may not is audited too (section 2). */
export async function decide(
  context: Context,
  executionId: string,
  step: string,
  { decision, comment }: DecisionBody,
): Promise<Result<Decision>> {
  const { keyId: by, roles } = context.caller;
  const after = await act(context, executionId, { type: "decide", step, decision, comment, by, roles: [...roles] });
  const audit = (action: string) =>
    context.background(Promise.resolve(auditEntry(context, action, `${executionId}/${step}`)));
  if (after.ok) audit("approval.decided");
  else if (after.code === "FORBIDDEN") audit("approval.refused");
  return after.ok ? success({ execution_id: executionId, step, decision, by, comment: comment ?? null }) : after;
}
