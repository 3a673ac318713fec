import { resumeBody } from "../../../../contracts/api/execution-acts.ts";
import { executionRecord } from "../../../../contracts/api/executions.ts";
import { steerExecution } from "../../../services/executions/steer.ts";
import { endpoint } from "../../endpoint.ts";
import { idParams } from "../path-params.ts";
import { actHeaders, idempotencyKey } from "./idempotency-key.ts";

export const resume = endpoint({
  method: "post",
  path: "/workflows/executions/{id}/resume",
  tag: "executions",
  summary: "Go on with a paused execution",
  description: "One that has spent its budget goes on when `budget` raises what was spent.",
  scope: "executions:write",
  params: idParams,
  requestHeaders: actHeaders,
  body: { kind: "json", schema: resumeBody, optional: true },
  answers: { 200: { description: "The record after it", schema: executionRecord } },
  refusals: ["NOT_FOUND", "CONFLICT"],
  async handle({ context, params, body, header }) {
    const key = idempotencyKey(header("idempotency-key"));
    if (!key.ok) return key;
    const after = await steerExecution(context, params.id, { type: "resume", ...body }, key.value);
    return after.ok ? { status: 200, body: after.value } : after;
  },
});
