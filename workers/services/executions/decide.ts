import type { Decision, DecisionBody } from "../../../contracts/api/execution-acts.ts";
import { success, type Result } from "../../../contracts/errors.ts";
import { auditLater } from "../audit-later.ts";
import type { Context } from "../context.ts";
import { act } from "./act.ts";
import { actId } from "./act-id.ts";

/**
 * Decides an approval. Who may, the step says; with an Idempotency-Key it counts once. That somebody tried who may not is audited after the answer (section 2). What was
 * decided the audit has from the execution's log.
 */
export async function decide(
  context: Context,
  executionId: string,
  step: string,
  { decision, comment }: DecisionBody,
  idempotencyKey?: string,
): Promise<Result<Decision>> {
  const { keyId: by, roles } = context.caller;
  // Whose decision it is belongs to what was asked: nobody hears of another's as if it were their own.
  const id = actId(context.ports, { type: "decide", step, decision, comment, by }, idempotencyKey);
  const command = { type: "decide" as const, step, decision, comment, by, roles: [...roles], act: id };
  const after = await act(context, executionId, command);
  if (!after.ok && after.code === "FORBIDDEN") auditLater(context, "approval.refused", `${executionId}/${step}`);
  return after.ok ? success({ execution_id: executionId, step, decision, by, comment: comment ?? null }) : after;
}
