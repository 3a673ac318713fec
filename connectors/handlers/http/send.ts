import { WALKED_DEPTH } from "../../../engine/expressions/limits.ts";
import type { Json } from "../../../engine/json.ts";
import type { ActionResult } from "../../../engine/run/types.ts";
import type { EgressPolicy } from "../../egress/egress.ts";
import { fetchChecked } from "../../egress/fetch-checked.ts";
import { readCapped } from "../../egress/read-capped.ts";
import type { Masker } from "../../mask.ts";
import type { BuiltRequest } from "./direct-request.ts";
import { mapDirect, mapService } from "./map-answer.ts";
import { isDeeper, parseAnswer } from "./parse-answer.ts";
import type { PinnedHttpHandler } from "./pinned-handler.ts";

/** Largest answer that is read, after decompression. */
export const MOST_ANSWER_BYTES = 6 * 1024 * 1024;

export interface Sending {
  handler: PinnedHttpHandler;
  /** Statuses of 4xx and 5xx that are no failure, already rendered. */
  expected: Json | undefined;
  credentialHeaders: string[];
  bodyIsSecret: boolean;
  masker: Masker;
  policy: EgressPolicy;
  signal: AbortSignal;
  fetch: typeof fetch;
  now(): number;
  /** Called when the request is about to leave: from then on its outcome may be unknown. */
  onSend(): void;
}

/** Sends a built request and turns whatever happens into a result. */
export async function sendAndMap(request: BuiltRequest, sending: Sending): Promise<ActionResult> {
  let begun = false;
  const send: typeof fetch = (target, init) => {
    begun = true;
    sending.onSend();
    return sending.fetch(target, init);
  };
  try {
    const outgoing = { ...request, credentialHeaders: sending.credentialHeaders, bodyIsSecret: sending.bodyIsSecret };
    const outcome = await fetchChecked(outgoing, sending.policy, sending.signal, send);
    if (outcome.kind === "refused") return egressRefused(outcome.reason);
    if (outcome.kind === "too_many_redirects") {
      return {
        ok: false,
        error: { code: "BACKEND_ERROR", message: "The service redirects too often", details: { limit: 5 } },
      };
    }
    const read = await readCapped(outcome.response, MOST_ANSWER_BYTES);
    if (!read.ok) return tooLarge(outcome.response.status);
    const answer = parseAnswer(outcome.response, read.bytes);
    if (isDeeper(answer.body, WALKED_DEPTH)) return tooDeep(answer.status);
    const reading = { now: sending.now(), masker: sending.masker };
    const mapped =
      sending.handler.style === "service"
        ? mapService(sending.handler, answer, reading)
        : mapDirect(sending.handler, sending.expected, answer, reading);
    if (!mapped.ok) return mapped;
    return { ok: true, output: mapped.output, usage: { compute_ms: 0, egress_bytes: 0, ...mapped.reported } };
  } catch (error) {
    return unreachable(request.url, begun, error);
  }
}

/** Section 20: an outgoing request refused by the egress rules, redirects included. */
function egressRefused(reason: string): ActionResult {
  const message = `The request is not allowed: ${reason}`;
  return {
    ok: false,
    error: { code: "FORBIDDEN", message, details: { reason: "egress", rule: reason } },
    permanent: true,
  };
}

function tooLarge(status: number): ActionResult {
  const message = `The answer is larger than ${MOST_ANSWER_BYTES / 1024 / 1024} MiB`;
  return {
    ok: false,
    error: { code: "PAYLOAD_TOO_LARGE", message, details: { limit: "payload_bytes", max: MOST_ANSWER_BYTES, status } },
    permanent: true,
  };
}

/** Nobody could walk it: not a mask, not a schema, not a template. */
function tooDeep(status: number): ActionResult {
  const message = `The answer nests deeper than ${WALKED_DEPTH} levels`;
  const details = { limit: "depth", max: WALKED_DEPTH, status };
  return { ok: false, error: { code: "BACKEND_ERROR", message, details }, permanent: true };
}

/** Messages by which a runtime says that no connection came about, so that nothing was sent. */
const NEVER_CONNECTED = /refused|ENOTFOUND|EAI_AGAIN|dns|resolve|unreachable|certificate|TLS|handshake/i;

function unreachable(url: string, begun: boolean, error: unknown): ActionResult {
  const reason =
    error instanceof Error ? `${error.message} ${error.cause instanceof Error ? error.cause.message : ""}` : "";
  const unknown = begun && !NEVER_CONNECTED.test(reason);
  const host = URL.canParse(url) ? new URL(url).host : "the service";
  return {
    ok: false,
    error: {
      code: "UNAVAILABLE",
      message: unknown ? `${host} broke the connection before it answered` : `${host} cannot be reached`,
      details: { backend: host, suggestion: "Check that the service is up and its address is right" },
    },
    ...(unknown ? { outcomeUnknown: true } : {}),
  };
}
