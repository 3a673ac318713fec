import { encodeBase32 } from "../../contracts/base32.ts";
import { type Failure, HTTP_STATUS } from "../../contracts/errors.ts";
import { ID_PREFIX } from "../../contracts/ids.ts";
import type { Ports } from "../services/context.ts";
import { type HookReply, receiveHook } from "../services/hooks/receive.ts";
import { isUnavailable } from "../services/unavailable.ts";
import { readCapped } from "../services/requests/read-capped.ts";

/** What of an execution context is needed here. */
interface Waiting {
  waitUntil(task: Promise<unknown>): void;
}

const PREFIX = "/hooks/";
/** Of the segment that names a tenant, whatever is sent in its place. */
const LONGEST_TENANT = 40;

/** True for an address of this door. */
export function isHookAddress(url: string): boolean {
  // Every request asks this: addresses are taken apart only where the answer may be yes.
  return url.includes(PREFIX) && pathOf(url).startsWith(PREFIX);
}

/** `/hooks/{tenant}/{path}`: what calls it has no key of ours, and proves itself in its own way. */
export async function receive(request: Request, ports: Ports, ctx: Waiting): Promise<Response> {
  const requestId = ID_PREFIX.request + encodeBase32(ports.random(15));
  const [tenant = "", ...rest] = pathOf(request.url).slice(PREFIX.length).split("/");
  const address = request.headers.get("cf-connecting-ip");
  const sender = address === null ? undefined : `${tenant.slice(0, LONGEST_TENANT)} ${address}`;
  const blockedMs = ports.addresses.blockedMs(sender, ports.now());
  if (blockedMs > 0) return refuse({ ...TOO_MANY, retryAfter: blockedMs / 1_000 }, requestId);
  try {
    const outcome = await receiveHook(
      ports,
      {
        tenant,
        path: rest.join("/"),
        method: request.method,
        query: new URL(request.url).search.slice(1),
        headers: new Map(request.headers),
        address: address ?? (ports.deployment === "development" ? "127.0.0.1" : undefined),
        readBody: (most) => readCapped(request, most),
      },
      (task) => ctx.waitUntil(task),
    );
    if (!outcome.ok && PROVES_NOTHING.has(outcome.code)) ports.addresses.refused(sender, ports.now());
    return outcome.ok ? answer(outcome.value, requestId) : refuse(outcome, requestId);
  } catch (error) {
    const why = error instanceof Error ? `${error.name}: ${error.message}\n${error.stack ?? ""}` : String(error);
    console.error(JSON.stringify({ level: "error", request_id: requestId, error: why }));
    return refuse(isUnavailable(error) ? NOT_NOW : BROKEN, requestId);
  }
}

/**
 * Nobody knows who calls before the proof: an address that finds nothing, or proves nothing, has few tries. For each tenant of
 * its own, because the senders of many tenants share their addresses.
 */
const PROVES_NOTHING: ReadonlySet<string> = new Set(["UNAUTHENTICATED", "NOT_FOUND"]);
const TOO_MANY: Failure = {
  ok: false,
  code: "RATE_LIMITED",
  message: "Too many calls from this address have proved nothing, or were for webhooks that do not exist.",
};
const NOT_NOW: Failure = {
  ok: false,
  code: "UNAVAILABLE",
  message: "A part of the platform cannot be reached right now. Try again.",
  retryAfter: 1,
};
const BROKEN: Failure = { ok: false, code: "INTERNAL_ERROR", message: "Something went wrong on our side." };

function pathOf(url: string): string {
  return new URL(url).pathname;
}

function answer(reply: HookReply, requestId: string): Response {
  switch (reply.kind) {
    case "challenge":
      return json(200, { challenge: reply.challenge }, requestId);
    case "accepted": {
      const { executionId, deliveryId, replayed } = reply;
      const body = { status: "accepted", execution_id: executionId, delivery_id: deliveryId, replayed };
      return json(202, body, requestId);
    }
    case "ended":
      return json(200, { status: "completed", execution_id: reply.executionId, outputs: reply.outputs }, requestId);
    default:
      return reply satisfies never;
  }
}

function refuse({ code, message, details, retryAfter, status = HTTP_STATUS[code] }: Failure, requestId: string) {
  const headers: Record<string, string> = {};
  if (retryAfter !== undefined) headers["retry-after"] = String(Math.ceil(retryAfter));
  if (Array.isArray(details?.allow)) headers.allow = details.allow.join(", ");
  const body = { status: "error", code, message, ...(details ? { details } : {}), request_id: requestId };
  return json(status, body, requestId, headers);
}

function json(status: number, body: object, requestId: string, headers: Record<string, string> = {}): Response {
  return Response.json(body, {
    status,
    headers: { "cache-control": "no-store", "x-request-id": requestId, ...headers },
  });
}
