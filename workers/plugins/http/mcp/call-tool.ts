import { checkedOutput } from "../../../../connectors/attempt/checked-output.ts";
import type { InvokeDeps } from "../../../../connectors/attempt/invoke-deps.ts";
import { credentialFor } from "../../../../connectors/attempt/credential-for.ts";
import { lookupFailure } from "../../../../connectors/attempt/lookup-failure.ts";
import { maskResult } from "../../../../connectors/attempt/mask-result.ts";
import { prepareCall } from "../../../../connectors/attempt/prepare-call.ts";
import type { CallIdentity } from "../../../../connectors/call-context.ts";
import type { PinnedHttpHandler } from "../../../../connectors/handlers/http/pinned-handler.ts";
import { setCallHeaders } from "../../../../connectors/handlers/http/service-request.ts";
import type { OpenConnection } from "../../../../connectors/auth/credentials.ts";
import { readDeclaredAuth } from "../../../../connectors/declared-auth.ts";
import { secretsOf } from "../../../../connectors/auth/secrets-of.ts";
import { missingConnection } from "../../../../connectors/missing-connection.ts";
import { metered } from "../../../../connectors/attempt/metered.ts";
import { envelopeContext } from "../../../../connectors/handlers/http/envelope-context.ts";
import { withinLimit } from "../../../../connectors/services/within-limit.ts";
import { Masker } from "../../../../connectors/mask.ts";
import { isObject, type Json } from "../../../../engine/json.ts";
import type { ActionCall, ActionResult } from "../../../../engine/run/types.ts";
import { callerKey } from "./caller-key.ts";
import { checkedFetch } from "./checked-fetch.ts";
import { mapError } from "./map-error.ts";
import { mapResult } from "./map-result.ts";
import { asHttpHandler, serverOf } from "./prepare-server.ts";
import { withClient } from "./with-client.ts";

/** All answers of one call together: the handshake, progress, the result. */
const MOST_BYTES = 6 * 1024 * 1024;
/** The SDK tells the server that a call is given up; then there is no more time. */
const GRACE_MS = 300;
/** Where a server finds the context of a call: `_meta` of its request. */
const CONTEXT_KEY = "smartify/context";
const PROGRESS_EVERY_MS = 100;
const LAST_WORDS_MS = 100;

export interface ToolDeps extends Omit<InvokeDeps, "services"> {
  services: Pick<InvokeDeps["services"], "takeInstance" | "giveBackInstance">;
  background(task: Promise<unknown>): void;
  progress(report: { percent?: number; message?: string }): void;
}

/** Runs one attempt of an action that is a tool of an MCP server. Never throws: failures are results. */
export async function callTool(call: ActionCall, context: CallIdentity, deps: ToolDeps): Promise<ActionResult> {
  const started = deps.now();
  const masker = new Masker();
  const sent = { bytes: 0, begun: false };
  const budget = { left: MOST_BYTES };
  const limit = Math.max(0, Math.min(call.timeoutMs, call.deadline - started));
  const timer = new AbortController();
  /** Of the call in hand: its answer ended before it was whole. */
  let broken = new AbortController();
  const timeout = setTimeout(() => timer.abort(), limit + GRACE_MS);
  let host = "the server";
  /** Whose credential the call in hand has: none, where it is not for that server. */
  let carriedWith: OpenConnection | null = null;
  /** What is lost from now on may have been done; before, it was the handshake. */
  let calling = false;
  try {
    const result = await attempt();
    return finished(result);
  } catch (error) {
    return finished(failureOf(error));
  } finally {
    clearTimeout(timeout);
    timer.abort();
  }

  async function attempt(): Promise<ActionResult> {
    const handler = asHttpHandler(call.action.handler);
    const prepared = await prepareCall(call, handler, deps, masker).catch(lookupFailure);
    if (!prepared.ok) return prepared;
    let service: string;
    try {
      service = serverOf(handler, prepared.base, prepared.scope).url;
    } catch (error) {
      return lookupFailure(error);
    }
    const where = { connection: prepared.connection, service, concurrent: call.action.handler.concurrent };
    return withinLimit(call, where, deps.services, deps.now, async () => {
      const first = await callWith(handler, prepared, prepared.connection);
      const stale = carriedWith?.tokenVersion;
      if (first.ok || first.error.details?.status !== 401 || stale === undefined) return first;
      // The token may have been revoked before its time: once, with the next one (section 9).
      const renewed = await deps.findConnection({ ...prepared.wanted, stale });
      if (renewed === null || renewed.problem) return missingConnection(call, prepared.wanted, renewed, deps);
      // There is no other token: the answer that it got is the answer.
      if (renewed.id === carriedWith?.id && renewed.tokenVersion === stale) return first;
      masker.add(secretsOf(renewed));
      return callWith(handler, prepared, renewed);
    });
  }

  async function callWith(
    handler: PinnedHttpHandler,
    { base, scope, wanted, environment }: Prepared,
    found: OpenConnection | null,
  ): Promise<ActionResult> {
    const server = serverOf(handler, base, scope);
    host = URL.canParse(server.url) ? new URL(server.url).host : host;
    const declared = readDeclaredAuth(call.action.auth);
    const carried = credentialFor(found, { url: server.url, template: handler.url, base, wanted, declared });
    if (!carried.ok) return carried;
    const { connection } = carried;
    carriedWith = connection;
    const caller = await callerKey(call, context, connection, server);
    setCallHeaders(server.headers, call, context);
    const fetch = checkedFetch({
      ...deps,
      connection,
      auth: call.action.auth,
      masker,
      signal: timer.signal,
      budget,
      sent,
      // The SDK has read by then what was in it, or waits for what does not come.
      onEnd: () => {
        const its = broken;
        setTimeout(() => its.abort(), LAST_WORDS_MS);
      },
    });
    const options = {
      ...server,
      timeoutMs: limit,
      fetch,
      caller,
      background: deps.background,
      onHandshake: () => {
        calling = false;
      },
    };
    const { tool } = call.action.handler;
    const name = typeof tool === "string" ? tool : call.action.action;
    const told = envelopeContext(call, context, environment);
    try {
      const answer = await withClient(options, (client) => {
        calling = true;
        broken = new AbortController();
        sent.begun = false;
        const left = Math.max(1, limit - (deps.now() - started));
        return client.callTool(
          { name, arguments: isObject(scope.input) ? scope.input : {}, _meta: { [CONTEXT_KEY]: told } },
          {
            signal: AbortSignal.any([timer.signal, broken.signal]),
            timeout: left,
            maxTotalTimeout: left,
            onprogress: progressOf(),
          },
        );
      });
      const result = mapResult(name, plain(answer), masker);
      return result.ok ? checkedOutput(call.action.output, result) : result;
    } catch (error) {
      return failureOf(error);
    }
  }

  function failureOf(error: unknown): ActionResult {
    return mapError(error, {
      host,
      begun: calling && sent.begun,
      tooLarge: budget.left < 0,
      broken: broken.signal.aborted,
      masker,
      timedOut: timer.signal.aborted,
      timeoutMs: call.timeoutMs,
      elapsedMs: deps.now() - started,
    });
  }

  function progressOf(): (progress: { progress: number; total?: number; message?: string }) => void {
    let saidAt = 0;
    return ({ progress, total, message }) => {
      const now = deps.now();
      if (now - saidAt < PROGRESS_EVERY_MS) return;
      saidAt = now;
      const percent =
        total !== undefined && total > 0 ? Math.min(100, Math.max(0, (100 * progress) / total)) : undefined;
      const text =
        message === undefined
          ? undefined
          : masker
              .text(message)
              .replace(/\p{Cc}+/gu, " ")
              .slice(0, 500);
      deps.progress({
        ...(percent === undefined ? {} : { percent }),
        ...(text === undefined ? {} : { message: text }),
      });
    };
  }

  function finished(result: ActionResult): ActionResult {
    const usage = { compute_ms: Math.max(0, deps.now() - started), egress_bytes: sent.bytes };
    return metered(maskResult(result, masker, call), usage);
  }
}

type Prepared = Extract<Awaited<ReturnType<typeof prepareCall>>, { ok: true }>;

/** Parsed from JSON by the SDK. */
function plain(value: unknown): Json {
  return value as Json;
}
