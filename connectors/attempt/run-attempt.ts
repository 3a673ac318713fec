import type { ActionCall, ActionResult } from "../../engine/run/types.ts";
import type { OpenConnection } from "../auth/credentials.ts";
import { secretsOf } from "../auth/secrets-of.ts";
import type { CallIdentity } from "../call-context.ts";
import { failed } from "../failed.ts";
import { runFunction } from "../functions/run-function.ts";
import { trustedName } from "../functions/trusted-names.ts";
import { AttemptOver } from "../handlers/http/attempt-over.ts";
import { askPages } from "../handlers/http/ask-pages.ts";
import { directRequest } from "../handlers/http/direct-request.ts";
import { bodyTypeOf } from "../handlers/http/body-type-of.ts";
import { mapDirect, mapService, type Reading } from "../handlers/http/map-answer.ts";
import { paginationOf } from "../handlers/http/pagination-of.ts";
import { httpHandlerOf } from "../handlers/http/pinned-handler.ts";
import { render } from "../handlers/http/render.ts";
import { serviceRequest, setCallHeaders } from "../handlers/http/service-request.ts";
import { missingConnection } from "../missing-connection.ts";
import { acceptTask } from "../services/accept-task.ts";
import { throughInstances } from "../services/through-instances.ts";
import { isCounted, withinLimit } from "../services/within-limit.ts";
import { renderUrl } from "../handlers/http/render-url.ts";
import { readDeclaredAuth } from "../declared-auth.ts";
import { type Ask, asker, type Attempt } from "./asker.ts";
import { checkedOutput } from "./checked-output.ts";
import { credentialFor } from "./credential-for.ts";
import { keepRevealed } from "./keep-revealed.ts";
import type { InvokeDeps } from "./invoke-deps.ts";
import { prepareCall } from "./prepare-call.ts";

/** One request and its answer, or one after another where the connector says so. */
export async function runAttempt(
  call: ActionCall,
  context: CallIdentity,
  deps: InvokeDeps,
  attempt: Attempt,
): Promise<ActionResult> {
  const trusted = call.action.handler.kind === "function" ? trustedName(call.action.handler.function) : undefined;
  if (trusted !== undefined) {
    return runFunction(trusted, call, deps, attempt.masker, (sent, own) => runAttempt(sent, context, own, attempt));
  }
  const handler = httpHandlerOf(call.action.handler);
  if (handler === undefined) return failed("UNAVAILABLE", "This action has no http handler", {}, true);
  const prepared = await prepareCall(call, handler, deps, attempt.masker);
  if (!prepared.ok) return prepared;
  const { scope, base, connection, wanted, environment } = prepared;
  const expected = handler.response?.status === undefined ? undefined : render(handler.response.status, scope);
  // Only a failure asks what time it is.
  const reading: Reading = {
    get now() {
      return deps.now();
    },
    masker: attempt.masker,
  };
  const askOnce = asker(call, context, deps, attempt, handler, bodyTypeOf(handler, scope));
  /** The credential was sent, and whoever it is for said 401, which may be what the handler expects. */
  let tokenRefused = false;
  const askWith: Ask = async (connection, page, options) => {
    const asked = await askOnce(connection, page, options);
    if (options.foreign !== true && asked.ok && asked.answer.status === 401)
      tokenRefused ||= new URL(asked.url).origin === new URL(page.url).origin;
    return asked;
  };
  const service = handler.style === "service";
  const sendWith = async (to: string | undefined, found: OpenConnection | null): Promise<ActionResult> => {
    const request = service
      ? serviceRequest(handler, to, scope, call, context, environment)
      : directRequest(handler, to, scope);
    setCallHeaders(request.headers, call, context, handler.idempotency?.header);
    const declared = readDeclaredAuth(call.action.auth);
    const carried = credentialFor(found, { url: request.url, template: handler.url, base: to, wanted, declared });
    if (!carried.ok) return carried;
    const { connection } = carried;
    const ask = connection === null ? askOnce : askWith;
    const pagination = service ? undefined : paginationOf(handler, scope);
    if (pagination !== undefined) {
      const keyHeader = handler.idempotency?.header;
      return askPages({ ...handler, pagination }, request, (page, options) => ask(connection, page, options), {
        expected,
        reading,
        ...(keyHeader === undefined ? {} : { keyHeader }),
      });
    }
    const asked = await ask(connection, request, {});
    if (!asked.ok) return asked;
    const mapped = service
      ? mapService(handler, asked.answer, reading)
      : mapDirect(handler, expected, asked.answer, reading);
    if (mapped.ok)
      return { ok: true, output: mapped.output, usage: { compute_ms: 0, egress_bytes: 0, ...mapped.reported } };
    if (mapped.pending === undefined) return mapped;
    if (attempt.time.over) throw new AttemptOver();
    const accepted = await acceptTask({ ...mapped, pending: mapped.pending }, call, context, deps.services, deps.now());
    return keepRevealed(accepted, call, attempt.masker, deps.services);
  };
  const sendOnce = (to: string | undefined): Promise<ActionResult> => sendWith(to, connection);
  const sendAgain = async (to: string | undefined): Promise<ActionResult> => {
    tokenRefused = false;
    const first = await sendOnce(to);
    if (!tokenRefused || connection?.tokenVersion === undefined || attempt.time.over) return first;
    // The token may have been revoked before its time: once, with the next one (section 9).
    const renewed = await deps.findConnection({ ...wanted, stale: connection.tokenVersion });
    if (renewed === null || renewed.problem) return missingConnection(call, wanted, renewed, deps);
    // There is no other token: the answer that it got is the answer.
    if (renewed.id === connection.id && renewed.tokenVersion === connection.tokenVersion) return first;
    attempt.masker.add(secretsOf(renewed));
    return sendWith(to, renewed);
  };
  const send = connection?.tokenVersion === undefined ? sendOnce : sendAgain;
  const registered = service && base === undefined && handler.url.startsWith("/");
  const address = service && !registered ? renderUrl(handler.url, base, scope) : undefined;
  const where = { connection, service: address, concurrent: call.action.handler.concurrent };
  /** A place that came too late is given back as it was: nobody was asked there. */
  const sendInTime = async (to: string | undefined): Promise<ActionResult> => {
    if (attempt.time.over) throw new AttemptOver();
    return send(to);
  };
  const sendInPlace = async (): Promise<ActionResult> => {
    if (attempt.time.over) throw new AttemptOver();
    attempt.time.withSignal();
    return registered
      ? throughInstances(call, deps.services, { now: deps.now, isOver: () => attempt.time.over }, sendInTime)
      : withinLimit(call, where, deps.services, deps.now, () => sendInTime(base));
  };
  const result = await (registered || isCounted(call, where) ? sendInPlace() : send(base));
  return result.ok ? checkedOutput(call.action.output, result) : result;
}
