import type { Json, JsonObject } from "../../../engine/json.ts";
import type { ActionCall } from "../../../engine/run/types.ts";
import type { Credentials } from "../../auth/credentials.ts";
import type { CallIdentity } from "../../call-context.ts";
import { type BuiltRequest, setHeaders } from "./direct-request.ts";
import type { PinnedHttpHandler } from "./pinned-handler.ts";
import { render, type RenderScope } from "./render.ts";
import { renderUrl } from "./render-url.ts";

/** The service envelope of section 8: `{action: "plugin.action", input, context}`. */
export function serviceRequest(
  handler: PinnedHttpHandler,
  base: string | undefined,
  scope: RenderScope,
  credentials: Credentials,
  call: ActionCall,
  identity: CallIdentity,
): BuiltRequest {
  const target = new URLSearchParams(credentials.query).toString();
  const url = renderUrl(handler.url, base, scope);
  const headers = new Headers({ "content-type": "application/json", accept: "application/json" });
  setHeaders(headers, handler.headers === undefined ? {} : (render(handler.headers, scope) ?? {}), "headers");
  setHeaders(headers, credentials.headers, "auth");
  const envelope = {
    action: `${call.action.connector}.${call.action.action}`,
    input: scope.input,
    context: contextOf(call, identity),
  };
  return {
    url: target === "" ? url : `${url}${url.includes("?") ? "&" : "?"}${target}`,
    method: "POST",
    headers,
    body: JSON.stringify(envelope),
  };
}

/** Ids, attempt, deadline, trace and idempotency key: all that a remote call gets unasked (section 17). */
function contextOf(call: ActionCall, identity: CallIdentity): JsonObject {
  const context: Record<string, Json> = {
    workflow_name: identity.workflowName,
    workflow_version: identity.workflowVersion,
    execution_id: identity.executionId,
    step_name: call.stepId,
    attempt: call.attempt,
    execution_mode: "cloud",
    environment: identity.environment,
    idempotency_key: call.idempotencyKey,
    deadline: new Date(call.deadline).toISOString(),
  };
  if (identity.traceparent !== undefined) context.trace = { traceparent: identity.traceparent };
  return context;
}

/** Headers that every outgoing call carries, so that whoever answers can verify, deduplicate and trace it (section 8). */
export function setCallHeaders(headers: Headers, call: ActionCall, identity: CallIdentity): void {
  headers.set("idempotency-key", printable(call.idempotencyKey));
  headers.set("x-smartify-execution-id", identity.executionId);
  headers.set("x-smartify-step", printable(call.path));
  headers.set("x-smartify-attempt", String(call.attempt));
  if (identity.traceparent !== undefined) headers.set("traceparent", printable(identity.traceparent));
}

/** Header values are visible ASCII; anything else is percent-encoded. */
function printable(text: string): string {
  return text.replace(/[^\x21-\x7e]+/gu, (part) => encodeURIComponent(part.replace(/\p{Surrogate}/gu, "\uFFFD")));
}
