import { inBlock, ipv4Bytes, ipv6Bytes } from "../../../connectors/egress/ip-ranges.ts";
import { failure, success, type Failure, type Result } from "../../../contracts/errors.ts";
import type { HookAnswer, HookDelivery } from "../../../contracts/triggers-rpc.ts";
import { isObject, type Json, type JsonObject } from "../../../engine/json.ts";
import type { WebhookSpec } from "../../../engine/triggers/trigger-spec.ts";
import type { Context, Ports } from "../context.ts";
import { newId } from "../new-id.ts";
import { onTriggers } from "../object-calls.ts";
import { findHook, type FoundHook } from "./find-hook.ts";
import { formOf, readPayload } from "./read-payload.ts";
import { type ProvenCall, verifyCaller } from "./verify-caller.ts";
import { waitForEnd } from "./wait-for-end.ts";

/** A call of `/hooks/{tenant}/{path}` as it arrived. */
export interface HookCall {
  /** The first segment: a tenant, perhaps with its environment. */
  tenant: string;
  path: string;
  method: string;
  /** Without the question mark. */
  query: string;
  headers: ReadonlyMap<string, string>;
  /** Of the client; undefined where nobody says. */
  address: string | undefined;
  /** Null when it is longer: reading stops there. */
  readBody(mostBytes: number): Promise<Uint8Array | null>;
}

export type HookReply =
  | { kind: "challenge"; challenge: string }
  | { kind: "accepted"; executionId: string | null; deliveryId: string; replayed: boolean }
  | { kind: "ended"; executionId: string; outputs: JsonObject };

/** A delivery that comes again is known at least this long: more than twice the age that any signature may have. */
const REMEMBERED_MS = 24 * 3_600_000;
/** As JSON, with headers and query: what an execution can hold of it. */
const MOST_STORED = 1_500_000;
/** Headers that are somebody's proof or the platform's own affair. */
const HIDDEN = new Set([
  "authorization",
  "proxy-authorization",
  "cookie",
  "x-hub-signature",
  "x-hub-signature-256",
  "stripe-signature",
  "x-slack-signature",
  "webhook-signature",
  "svix-signature",
]);
const DELIVERY_HEADERS = ["webhook-id", "svix-id", "x-github-delivery", "idempotency-key"];

function unknownHook(): Failure {
  return failure("NOT_FOUND", "There is nothing at this path.");
}

/**
 * Takes a webhook's call. In this order: is there such a hook, does it take the method, may the address call, is it small
 * enough, is it from who it says. Only then does anything happen.
 */
export async function receiveHook(
  ports: Ports,
  call: HookCall,
  background: Context["background"],
): Promise<Result<HookReply>> {
  const found = await findHook(ports, call.tenant, call.path);
  if (found === undefined) return unknownHook();
  const { spec, owner, trigger } = found;
  if (!spec.methods.includes(call.method)) return wrongMethod(spec);
  if (!isAllowed(spec, call.address)) return failure("FORBIDDEN", "This address may not call this webhook.");
  const body = await call.readBody(spec.maxPayloadBytes);
  if (body === null) return tooLarge(spec.maxPayloadBytes);
  const header = (name: string) => call.headers.get(name) ?? null;
  const proven = await verifyCaller(ports, owner, { spec, reader: { workflow: trigger.workflow } }, { header, body });
  if (proven === null) return failure("UNAUTHENTICATED", "The call does not prove that it may start this workflow.");
  const payload = readPayload(body, header("content-type"));
  if (!payload.ok) return payload;
  const challenge = challengeOf(spec, payload.value);
  if (challenge !== undefined) return success({ kind: "challenge", challenge });
  const delivery = deliveryOf(ports, found, call, payload.value, proven);
  if (JSON.stringify(delivery.came).length > MOST_STORED) return tooLarge(MOST_STORED);
  const answer = await onTriggers(ports, owner, (it) => it.deliver(delivery));
  const reply = replyTo(answer, String(delivery.came.delivery_id));
  if (!reply.ok || spec.respondWithinMs === undefined || reply.value.kind !== "accepted") return reply;
  return waitForEnd(ports, found, reply.value, spec.respondWithinMs, background);
}

function wrongMethod({ methods }: WebhookSpec): Failure {
  return {
    ...failure("VALIDATION", `This webhook takes ${methods.join(", ")}.`, { allow: [...methods] }),
    status: 405,
  };
}

function tooLarge(mostBytes: number): Failure {
  return failure("PAYLOAD_TOO_LARGE", `The body is larger than ${mostBytes} bytes.`, {
    limit: "payload_bytes",
    max_bytes: mostBytes,
  });
}

/** An IPv4 address that is written as an IPv6 one counts as what it is. */
function isAllowed({ allowedNetworks }: WebhookSpec, address: string | undefined): boolean {
  if (allowedNetworks.length === 0) return true;
  const text = (address ?? "").replace(/^::ffff:(?=\d+\.)/i, "");
  const bytes = ipv4Bytes(text) ?? ipv6Bytes(text);
  return bytes !== undefined && allowedNetworks.some((network) => inBlock(bytes, network));
}

/** Slack asks once whether the address is right: the answer is what it sent. */
function challengeOf({ auth }: WebhookSpec, payload: Json): string | undefined {
  if (auth?.type !== "hmac-sha256" || auth.style !== "slack" || !isObject(payload)) return undefined;
  return payload.type === "url_verification" && typeof payload.challenge === "string" ? payload.challenge : undefined;
}

function deliveryOf(
  ports: Ports,
  { trigger, spec }: FoundHook,
  call: HookCall,
  payload: Json,
  proven: ProvenCall,
): HookDelivery {
  const callId = newId(ports, "event");
  const sent = sentId(spec, call, payload);
  const names = sent === undefined ? [] : [`id:${sent}`];
  // A sender's name for it is not signed, so it counts beside the signature, never in its place: but two calls whose
  // signatures cover no time can be equal and not the same.
  const bySignature = sent === undefined || proven.timed || spec.replayWindowMs !== undefined;
  if (bySignature && proven.digest !== undefined) names.push(`signature:${proven.digest}`);
  const hidden = spec.auth?.header;
  const headers = [...call.headers].filter(([name]) => !HIDDEN.has(name) && name !== hidden && name !== "__proto__");
  return {
    triggerId: trigger.id,
    names,
    rememberMs: Math.max(REMEMBERED_MS, 2 * (spec.replayWindowMs ?? 0)),
    callId,
    at: ports.now(),
    came: {
      method: call.method,
      path: spec.path,
      headers: Object.fromEntries(headers),
      query: formOf(call.query),
      payload,
      delivery_id: sent ?? callId,
    },
  };
}

/** How the sender calls this delivery, which is the same when it comes again. */
function sentId({ deliveryHeader, auth }: WebhookSpec, { headers }: HookCall, payload: Json): string | undefined {
  const names = deliveryHeader === undefined ? DELIVERY_HEADERS : [deliveryHeader];
  const header = names.map((name) => headers.get(name)).find((value) => value !== undefined && value !== "");
  if (header !== undefined || deliveryHeader !== undefined) return header?.slice(0, 255);
  const style = auth?.type === "hmac-sha256" ? auth.style : undefined;
  const member = style === "stripe" ? "id" : style === "slack" ? "event_id" : undefined;
  const id = member !== undefined && isObject(payload) ? payload[member] : undefined;
  return typeof id === "string" && id !== "" ? id.slice(0, 255) : undefined;
}

function replyTo(answer: HookAnswer, deliveryId: string): Result<HookReply> {
  switch (answer.kind) {
    case "accepted":
      return success({ kind: "accepted", executionId: answer.executionId, deliveryId, replayed: answer.replayed });
    case "refused":
      return refusedStart(answer.code);
    case "rate_limited":
      return {
        ...failure("RATE_LIMITED", "This webhook is called more often than it allows."),
        retryAfter: answer.retryAfterMs / 1_000,
      };
    case "inactive":
      return { ...failure("UNAVAILABLE", "This webhook is paused."), retryAfter: 60 };
    default:
      return answer satisfies never;
  }
}

/** Why exactly stands in the trigger's record: a sender is not told about the workflow. */
function refusedStart(code: string): Failure {
  if (code === "CONFLICT") return failure("CONFLICT", "The workflow takes no more of these right now.");
  if (code === "QUOTA_EXCEEDED")
    return failure("QUOTA_EXCEEDED", "The workflow's owner may not start more executions.");
  return failure(
    "VALIDATION",
    "The workflow does not accept this call: its inputs do not fit, or it cannot be started.",
  );
}
