import { failure, success, type Failure, type Result } from "../../../contracts/errors.ts";
import type { ExecutionRecord } from "../../../contracts/execution.ts";
import { validationFailure } from "../../../contracts/validation-failure.ts";
import { isObject, type Json, type JsonObject } from "../../../engine/json.ts";
import type { Context } from "../context.ts";
import { startPlanned } from "../executions/start.ts";
import { planInline } from "../workflows/plan-inline.ts";

const STEP = "call";

export interface ActionAnswer {
  status: "success";
  data: Json;
  execution_id: string;
}

/** `slug.action`, `namespace/name.action`, with `@version` after the connector or at the end. */
function splitAction(action: string): { connector: string; action: string } | null {
  const match = /^(?:connector:)?([^@\s]+?)(@[^\s]+?)?\.([A-Za-z_][\w-]*)(@[^\s]+)?$/.exec(action);
  const [, connector, inner, name, outer] = match ?? [];
  if (connector === undefined || name === undefined || (inner !== undefined && outer !== undefined)) return null;
  return { connector: `connector:${connector}${inner ?? outer ?? ""}`, action: name };
}

/** A workflow of the one step. The input comes by way of `inputs`, so nothing in it is ever evaluated. */
function oneStep(connector: string, action: string): JsonObject {
  return {
    name: "execute",
    inputs: { input: { type: "object" } },
    steps: [{ id: STEP, connector, action, input: "{{ inputs.input }}" }],
    outputs: { data: `{{ steps.${STEP}.output }}` },
  };
}

function answerOf(record: ExecutionRecord): Result<ActionAnswer> {
  const { execution_id } = record;
  if (record.status === "completed")
    return success({ status: "success", data: record.result?.outputs.data ?? null, execution_id });
  const error = record.steps.find((step) => step.error !== null)?.error ?? record.error;
  const { code = "INTERNAL_ERROR", message = `The run ended as ${record.status}.`, details } = error ?? {};
  return failure(code, message, { ...details, execution_id });
}

/** Whatever is wrong with the one step is wrong with `action`: nobody wrote a definition. */
function refusedAction(refusal: Failure, problems: Json | undefined): Failure {
  if (refusal.code !== "VALIDATION" || !Array.isArray(problems)) return refusal;
  const renamed = problems.filter(isObject).map(({ message, suggestion }) => ({
    path: "/action",
    message: String(message),
    ...(typeof suggestion === "string" ? { suggestion } : {}),
  }));
  return validationFailure(renamed);
}

/** Runs one action and waits for it: what hybrid SDKs call. A run of its own, with a record like every other. */
export async function executeAction(
  context: Context,
  request: { action: string; input: JsonObject; idempotencyKey?: string; traceparent?: string },
): Promise<Result<ActionAnswer>> {
  const parts = splitAction(request.action);
  if (parts === null) {
    return validationFailure([
      { path: "/action", message: `"${request.action}" is not an action: write slug.action or namespace/name.action.` },
    ]);
  }
  const planned = await planInline(context, oneStep(parts.connector, parts.action), undefined);
  if (!planned.ok) return refusedAction(planned, planned.details?.problems);
  const body = {
    inputs: { input: request.input },
    execution_mode: "sync" as const,
    metadata: { action: request.action },
  };
  const { idempotencyKey, traceparent } = request;
  const outcome = await startPlanned(context, planned.value, { body, idempotencyKey, traceparent });
  if (!outcome.ok) return outcome;
  if (outcome.value.kind === "finished") return answerOf(outcome.value.record);
  return failure("TIMEOUT", "The action is still running. Its execution goes on.", {
    execution_id: outcome.value.executionId,
  });
}
