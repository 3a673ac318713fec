import type { JsonObject } from "../../../engine/json.ts";
import type { ActionCall } from "../../../engine/run/types.ts";
import type { CallIdentity } from "../../call-context.ts";
import { type BuiltRequest, setHeaders } from "./direct-request.ts";
import { envelopeContext } from "./envelope-context.ts";
import type { PinnedHttpHandler } from "./pinned-handler.ts";
import { render, type RenderScope } from "./render.ts";
import { type HeaderMap, RequestHeaders } from "../../egress/request-headers.ts";
import { renderUrl } from "./render-url.ts";

const JSON_BOTH_WAYS = [
  ["content-type", "application/json"],
  ["accept", "application/json"],
] as const;

/** The service envelope of section 8: `{action: "plugin.action", input, context}`. */
export function serviceRequest(
  handler: PinnedHttpHandler,
  base: string | undefined,
  scope: RenderScope,
  call: ActionCall,
  identity: CallIdentity,
  environment: JsonObject | undefined,
): BuiltRequest {
  const url = renderUrl(handler.url, base, scope);
  const headers = new RequestHeaders(JSON_BOTH_WAYS);
  setHeaders(headers, handler.headers === undefined ? {} : (render(handler.headers, scope) ?? {}), "headers");
  const envelope = {
    action: `${call.action.connector}.${call.action.action}`,
    input: scope.input,
    context: envelopeContext(call, identity, environment),
  };
  return {
    url,
    method: "POST",
    headers,
    body: JSON.stringify(envelope),
  };
}

/** Headers that every outgoing call carries, so that whoever answers can verify, deduplicate and trace it (section 8). */
export function setCallHeaders(
  headers: HeaderMap,
  call: ActionCall,
  identity: CallIdentity,
  keyHeader = "idempotency-key",
): void {
  headers.set(keyHeader, printable(call.idempotencyKey));
  headers.set("x-smartify-execution-id", identity.executionId);
  headers.set("x-smartify-step", printable(call.path));
  headers.set("x-smartify-attempt", String(call.attempt));
  if (identity.traceparent !== undefined) headers.set("traceparent", printable(identity.traceparent));
}

const PRINTABLE = /^[\x21-\x7e]*$/;

/** Header values are visible ASCII; anything else is percent-encoded. */
function printable(text: string): string {
  if (PRINTABLE.test(text)) return text;
  return text.replace(/[^\x21-\x7e]+/gu, (part) => encodeURIComponent(part.replace(/\p{Surrogate}/gu, "\uFFFD")));
}
