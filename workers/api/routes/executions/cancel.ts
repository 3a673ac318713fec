import { cancelBody, executionRecord } from "../../../../contracts/api/executions.ts";
import { cancelExecution } from "../../../services/executions/cancel.ts";
import { endpoint } from "../../endpoint.ts";
import { idParams } from "../path-params.ts";

export const cancel = endpoint({
  method: "post",
  path: "/workflows/executions/{id}/cancel",
  tag: "executions",
  summary: "Cancel an execution",
  scope: "executions:write",
  params: idParams,
  body: { kind: "json", schema: cancelBody, optional: true },
  answers: { 200: { description: "The record after it", schema: executionRecord } },
  refusals: ["NOT_FOUND", "CONFLICT"],
  async handle({ context, params, body }) {
    const canceled = await cancelExecution(context, params.id, body.reason);
    return canceled.ok ? { status: 200, body: canceled.value } : canceled;
  },
});
