import { authorize } from "../../../../connectors/auth/authorize.ts";
import type { OpenConnection } from "../../../../connectors/auth/credentials.ts";
import { fetchOf } from "../../../../connectors/auth/fetch-of.ts";
import { readDeclaredAuth } from "../../../../connectors/declared-auth.ts";
import type { EgressPolicy } from "../../../../connectors/egress/egress.ts";
import { fetchChecked } from "../../../../connectors/egress/fetch-checked.ts";
import type { Masker } from "../../../../connectors/mask.ts";
import type { RunError } from "../../../../engine/errors.ts";
import type { JsonObject } from "../../../../engine/json.ts";
import { ServerRefused } from "./server-refused.ts";

export interface CheckedFetch {
  connection: OpenConnection | null;
  auth: JsonObject | undefined;
  masker: Masker;
  policy: EgressPolicy;
  signal: AbortSignal;
  fetch: typeof fetch;
  now(): number;
  /** What all answers together may still hold. */
  budget: { left: number };
  sent: { bytes: number; begun: boolean };
  /** The stream that was to answer a call of a tool has ended, or broken off: what has not come by now does not come. */
  onEnd?(): void;
}

/** How long the end of a session may take, which nobody waits for. */
const END_MS = 3_000;

/**
 * What the SDK's transport fetches with: each request through the egress rules with the connection's credential, each answer
 * counted against one budget. The stream that a server would push by itself is not opened: a call is answered in its own.
 */
export function checkedFetch(deps: CheckedFetch): (url: string | URL, init?: RequestInit) => Promise<Response> {
  return async (url, init = {}) => {
    const method = (init.method ?? "GET").toUpperCase();
    if (method === "GET") return new Response(null, { status: 405 });
    const headers = new Headers(init.headers);
    const body = typeof init.body === "string" ? init.body : undefined;
    const request = { url: String(url), method, headers, ...(body === undefined ? {} : { body }) };
    const own = new Set([...headers.keys()]);
    if (deps.connection) {
      const authorized = await authorize(deps.connection, readDeclaredAuth(deps.auth), request, deps.now());
      if (!authorized.ok)
        throw new ServerRefused(
          { code: "UNAVAILABLE", message: authorized.message, details: { reason: "connection" } },
          true,
        );
      for (const value of authorized.revealed) deps.masker.add(value);
    }
    deps.sent.bytes += request.url.length + (body?.length ?? 0);
    const credentialHeaders = [...request.headers].flatMap(([name, value]) =>
      !own.has(name) || deps.masker.text(value) !== value ? [name] : [],
    );
    const bodyIsSecret = body !== undefined && deps.masker.text(body) !== body;
    const signal = method === "DELETE" ? AbortSignal.timeout(END_MS) : deps.signal;
    const certified = fetchOf(deps.connection, deps.fetch);
    const send: typeof fetch = (target, sent) => {
      deps.sent.begun = true;
      return certified(target, sent);
    };
    const outgoing = { ...request, credentialHeaders, bodyIsSecret };
    const outcome = await fetchChecked(outgoing, deps.policy, signal, send).catch((error: unknown) => {
      if (signal.aborted) throw error;
      throw new ServerRefused(unreachable(request.url), false, true);
    });
    if (outcome.kind === "refused") {
      const message = `The request is not allowed: ${outcome.reason}`;
      throw new ServerRefused(
        { code: "FORBIDDEN", message, details: { reason: "egress", rule: outcome.reason } },
        true,
      );
    }
    if (outcome.kind === "unresolved") throw new ServerRefused(unreachable(outcome.url, outcome.reason), false);
    if (outcome.kind === "too_many_redirects")
      throw new ServerRefused({
        code: "BACKEND_ERROR",
        message: "The server redirects too often",
        details: { limit: 5 },
      });
    return counted(outcome.response, deps.budget, outcome.response.ok && isCallOf(body) ? deps.onEnd : undefined);
  };
}

function unreachable(url: string, why?: string): RunError {
  const host = URL.canParse(url) ? new URL(url).host : "the server";
  return {
    code: "UNAVAILABLE",
    message: `${host} cannot be reached${why === undefined ? ", or broke the connection before it answered" : `: ${why}`}`,
    details: { backend: host, suggestion: "Check that the server is up and its address is right" },
  };
}

function isCallOf(body: string | undefined): boolean {
  if (body === undefined) return false;
  const message: unknown = JSON.parse(body);
  return typeof message === "object" && message !== null && Reflect.get(message, "method") === "tools/call";
}

/** A body that breaks off where the budget is spent. */
function counted(response: Response, budget: { left: number }, onEnd: (() => void) | undefined): Response {
  if (response.body === null) return response;
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      budget.left -= chunk.byteLength;
      if (budget.left < 0) controller.error(new Error("the answer is too large"));
      else controller.enqueue(chunk);
    },
  });
  response.body.pipeTo(writable).then(onEnd, onEnd);
  return new Response(readable, { status: response.status, headers: response.headers });
}
