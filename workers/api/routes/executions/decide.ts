import { decided, decisionBody } from "../../../../contracts/api/execution-acts.ts";
import { decide } from "../../../services/executions/decide.ts";
import { endpoint } from "../../endpoint.ts";
import { approvalParams } from "../path-params.ts";
import { actHeaders, idempotencyKey } from "./idempotency-key.ts";

export const decideApproval = endpoint({
  method: "post",
  path: "/workflows/executions/{id}/approvals/{step}",
  tag: "executions",
  summary: "Decide an approval",
  description:
    "`step` is the id or run-time path of a waiting step, or `workflow` for the whole. The key needs a role of an approver and must not have started the run, unless the step says `allow_self` (403). One that does not wait, or has been decided, is 409.",
  scope: "executions:write",
  params: approvalParams,
  requestHeaders: actHeaders,
  body: { kind: "json", schema: decisionBody },
  answers: { 200: { description: "The decision", schema: decided } },
  refusals: ["NOT_FOUND", "CONFLICT"],
  async handle({ context, params, body, header }) {
    const key = idempotencyKey(header("idempotency-key"));
    if (!key.ok) return key;
    const decision = await decide(context, params.id, params.step, body, key.value);
    return decision.ok ? { status: 200, body: decision.value } : decision;
  },
});
