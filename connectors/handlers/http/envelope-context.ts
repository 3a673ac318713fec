import { isObject, type Json, type JsonObject } from "../../../engine/json.ts";
import type { ActionCall } from "../../../engine/run/types.ts";
import type { CallIdentity } from "../../call-context.ts";

/**
 * What a service or an MCP server is told of a call (section 17): ids, attempt, deadline, trace and idempotency key; the limits
 * that only it can keep (section 15); of the run's inputs, environment and previous steps what its connector declared, and nothing more.
 */
export function envelopeContext(
  call: ActionCall,
  identity: CallIdentity,
  environment: JsonObject | undefined,
): JsonObject {
  const { resources } = call.action.handler;
  const context: Record<string, Json> = {
    ...call.given,
    ...(environment === undefined ? {} : { environment }),
    ...(identity.workflowId === undefined ? {} : { workflow_id: identity.workflowId }),
    workflow_name: identity.workflowName,
    workflow_version: identity.workflowVersion,
    execution_id: identity.executionId,
    step_name: call.stepId,
    attempt: call.attempt,
    execution_mode: "cloud",
    idempotency_key: call.idempotencyKey,
    deadline: new Date(call.deadline).toISOString(),
  };
  if (resources !== undefined && isObject(resources)) context.resources = resources;
  if (identity.taskToken !== undefined) context.task_token = identity.taskToken;
  if (identity.traceparent !== undefined) context.trace = { traceparent: identity.traceparent };
  return context;
}
