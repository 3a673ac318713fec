import type { ActionCall } from "../../engine/run/types.ts";
import { fetchOf } from "../auth/fetch-of.ts";
import { authorize } from "../auth/authorize.ts";
import type { OpenConnection } from "../auth/credentials.ts";
import type { CallIdentity } from "../call-context.ts";
import { readDeclaredAuth } from "../declared-auth.ts";
import { narrowedPolicy } from "../egress/narrowed-policy.ts";
import { failed } from "../failed.ts";
import type { AskOptions } from "../handlers/http/ask-pages.ts";
import type { BuiltRequest } from "../handlers/http/direct-request.ts";
import { type Exchanged, type Exchange, exchange, MOST_ANSWER_BYTES } from "../handlers/http/exchange.ts";
import { hostOf } from "../handlers/http/host-of.ts";
import type { PinnedHttpHandler } from "../handlers/http/pinned-handler.ts";
import { requestFacts, withoutCredentials } from "../handlers/http/request-facts.ts";
import type { Masker } from "../mask.ts";
import { signRequest } from "../services/sign-request.ts";
import type { AttemptTime } from "./attempt-time.ts";
import type { InvokeDeps } from "./invoke-deps.ts";

/** One attempt as it goes on: what it revealed, and what left. */
export interface Attempt {
  masker: Masker;
  /** `to`: the host that was asked last; `answering`: the head of its answer has come. */
  sent: { bytes: number; begun: boolean; answering: boolean; to?: string };
  time: AttemptTime;
}

/** Asks once: with the connection's credential, unless the request is for another origin. */
export type Ask = (connection: OpenConnection | null, request: BuiltRequest, options: AskOptions) => Promise<Exchanged>;

/** What the requests of one attempt have in common: credential, signature, egress rules, and what is counted of them. */
export function asker(
  call: ActionCall,
  context: CallIdentity,
  deps: InvokeDeps,
  attempt: Attempt,
  handler: PinnedHttpHandler,
  bodyType: Exchange["bodyType"],
): Ask {
  const send = (
    request: BuiltRequest,
    authHeaders: readonly string[],
    mostBytes: number | undefined,
    by: typeof fetch,
  ) => {
    const { bytes, credentialHeaders, bodyIsSecret } = requestFacts(request, attempt.masker);
    attempt.sent.bytes += bytes;
    attempt.sent.to = hostOf(request.url);
    attempt.sent.answering = false;
    return exchange(request, {
      credentialHeaders: authHeaders.length === 0 ? credentialHeaders : [...authHeaders, ...credentialHeaders],
      bodyIsSecret,
      policy: narrowedPolicy(deps.policy, handler.urlValidation),
      isWritten: request.url === handler.url,
      bodyType,
      mostBytes: mostBytes ?? MOST_ANSWER_BYTES,
      fetch: by,
      masker: attempt.masker,
      sent: attempt.sent,
      time: attempt.time,
    });
  };
  const prepareAndSend: Ask = async (connection, request, options) => {
    const { foreign } = options;
    // What the credential stands in leaves no origin, however short it is: the masker knows long values alone.
    const authHeaders: string[] = [];
    if (foreign === true) {
      const refused = withoutCredentials(request, attempt.masker);
      if (refused) return refused;
    } else if (connection) {
      const authorized = await authorize(connection, readDeclaredAuth(call.action.auth), request, deps.now());
      if (!authorized.ok) return failed("UNAVAILABLE", authorized.message, { reason: "connection" }, true);
      for (const value of authorized.revealed) attempt.masker.add(value);
      authHeaders.push(...authorized.credentialHeaders);
    }
    if (handler.style === "service") {
      if (context.taskToken !== undefined) {
        request.headers.set("x-smartify-task-token", context.taskToken);
        attempt.masker.add(context.taskToken);
      }
      await signRequest(request, call, deps.services, attempt.masker);
    }
    return send(
      request,
      authHeaders,
      options.mostBytes,
      foreign === true ? deps.fetch : fetchOf(connection, deps.fetch),
    );
  };
  return (connection, request, options) =>
    connection === null && options.foreign !== true && handler.style === "direct"
      ? send(request, [], options.mostBytes, deps.fetch)
      : prepareAndSend(connection, request, options);
}
