import type { RunError, RunErrorCode } from "../engine/errors.ts";
import { ExpressionError } from "../engine/expressions/expression-error.ts";
import type { Json, JsonObject } from "../engine/json.ts";
import type { ActionCall, ActionResult } from "../engine/run/types.ts";
import { authorize } from "./auth/authorize.ts";
import { type Credentials, firstText, NOTHING, type OpenConnection } from "./auth/credentials.ts";
import type { CallIdentity } from "./call-context.ts";
import type { EgressPolicy } from "./egress/egress.ts";
import { type BuiltRequest, directRequest } from "./handlers/http/direct-request.ts";
import { httpHandlerOf, type PinnedHttpHandler } from "./handlers/http/pinned-handler.ts";
import { render, RenderProblem, type RenderScope } from "./handlers/http/render.ts";
import { sendAndMap } from "./handlers/http/send.ts";
import { serviceRequest, setCallHeaders } from "./handlers/http/service-request.ts";
import { inputCheck, invalid } from "./input-check.ts";
import { interned } from "./interned-schema.ts";
import { Masker } from "./mask.ts";
import { needsOf } from "./needs.ts";
import { readDeclaredAuth } from "./declared-auth.ts";
import { misplacedSecret, revealInput } from "./reveal-input.ts";
import { compileSchema } from "../engine/schema/validate.ts";

type Failed = Extract<ActionResult, { ok: false }>;

/** What an http call needs of its Worker. Lookups may throw: that is UNAVAILABLE. */
export interface InvokeDeps {
  /** The named connection, or the connector's default; null when there is none. */
  findConnection(query: { connector: string; ref?: string }): Promise<OpenConnection | null>;
  /** Secrets in the clear; a missing one is absent. */
  secrets(names: string[]): Promise<Record<string, string>>;
  env(names: string[]): Promise<Record<string, Json>>;
  policy: Omit<EgressPolicy, "urlValidation">;
  fetch: typeof fetch;
  now(): number;
}

/**
 * Runs one attempt of an http action (sections 7 and 8): validates the input, builds the request, sends it through the egress
 * rules, maps and validates what came back, masks every revealed secret in it. Never throws: failures are results.
 */
export async function invokeAction(call: ActionCall, context: CallIdentity, deps: InvokeDeps): Promise<ActionResult> {
  const started = deps.now();
  const masker = new Masker();
  const sent = { bytes: 0, begun: false };
  const usage = () => ({ compute_ms: Math.max(0, deps.now() - started), egress_bytes: sent.bytes });
  const limit = Math.max(0, Math.min(call.timeoutMs, call.deadline - started));
  const timer = new AbortController();
  let timeout: ReturnType<typeof setTimeout> | undefined;
  const timedOut = new Promise<Failed>((resolve) => {
    timeout = setTimeout(() => {
      timer.abort();
      resolve(timeoutFailure(call.timeoutMs, deps.now() - started, sent.begun));
    }, limit);
  });
  try {
    const attempt = run(call, context, deps, { masker, sent, signal: timer.signal });
    const result = await Promise.race([timedOut, attempt]);
    return { ...masked(result, masker), usage: { ...result.usage, ...usage() } };
  } catch (error) {
    return { ...masked(unexpected(error), masker), usage: usage() };
  } finally {
    if (timeout !== undefined) clearTimeout(timeout);
    timer.abort();
  }
}

interface Attempt {
  masker: Masker;
  sent: { bytes: number; begun: boolean };
  signal: AbortSignal;
}

async function run(call: ActionCall, context: CallIdentity, deps: InvokeDeps, attempt: Attempt): Promise<ActionResult> {
  const handler = httpHandlerOf(call.action.handler);
  if (handler === undefined) return failure("UNAVAILABLE", "This action has no http handler", {}, true);
  const misplaced = misplacedSecret(call.input, call.action.secretMembers ?? []);
  if (misplaced !== undefined) {
    return failure(
      "VALIDATION",
      `A secret may not stand in ${misplaced === "" ? "the input" : misplaced}: its schema does not say x-secret`,
      {
        field: misplaced,
      },
    );
  }
  const prepared = await prepare(call, handler, deps, attempt.masker);
  if (!prepared.ok) return prepared;
  const { scope, base, credentials } = prepared;
  const request =
    handler.style === "service"
      ? serviceRequest(handler, base, scope, credentials, call, context)
      : directRequest(handler, base, scope, credentials);
  setCallHeaders(request.headers, call, context);
  attempt.sent.bytes = sizeOf(request);
  const expected = handler.response?.status === undefined ? undefined : render(handler.response.status, scope);
  const result = await sendAndMap(request, {
    handler,
    expected,
    credentialHeaders: credentialHeadersOf(request, attempt.masker),
    bodyIsSecret: holdsSecret(request.body, attempt.masker),
    masker: attempt.masker,
    policy: { ...deps.policy, urlValidation: handler.urlValidation },
    signal: attempt.signal,
    fetch: deps.fetch,
    now: deps.now,
    onSend: () => {
      attempt.sent.begun = true;
    },
  });
  return result.ok ? checkedOutput(call.action.output, result) : result;
}

const NO_SECRETS: Record<string, string> = {};
const NO_ENV: Record<string, Json> = {};

type Prepared = { ok: true; scope: RenderScope; base: string | undefined; credentials: Credentials } | Failed;

/** Looks everything up, reveals and validates the input. Nothing is sent yet. */
async function prepare(
  call: ActionCall,
  handler: PinnedHttpHandler,
  deps: InvokeDeps,
  masker: Masker,
): Promise<Prepared> {
  const needs = needsOf(handler, call.input);
  const ref = typeof call.connection === "string" ? call.connection : undefined;
  const connector = `${call.action.namespace}/${call.action.connector}`;
  const [connection, secrets, env] = await Promise.all([
    deps.findConnection(ref === undefined ? { connector } : { connector, ref }),
    needs.secrets.length > 0 ? deps.secrets(needs.secrets) : NO_SECRETS,
    needs.env.length > 0 ? deps.env(needs.env) : NO_ENV,
  ]);
  for (const value of Object.values(secrets)) masker.add(value);
  if (connection) masker.add(connection.values);
  const missing = needs.requiredSecrets.find((name) => !Object.hasOwn(secrets, name));
  if (missing !== undefined) return failure("VALIDATION", `The secret ${missing} is not set`, { secret: missing });
  const unset = (handler.environment ?? []).find(
    ({ name, required, default: fallback }) =>
      required === true &&
      fallback === undefined &&
      !Object.hasOwn(secrets, name) &&
      !Object.hasOwn(env, name) &&
      needs.env.includes(name),
  );
  if (unset)
    return failure("VALIDATION", `The connector needs ${unset.name}: set it as a secret or an env value`, {
      env: unset.name,
    });
  const declared = readDeclaredAuth(call.action.auth);
  if (connection === null && (ref !== undefined || (declared !== undefined && declared.type !== "NONE"))) {
    return failure(
      "UNAVAILABLE",
      `${connector} has no connection${ref === undefined ? "" : ` named ${ref}`}: create one`,
      { reason: "connection" },
      true,
    );
  }
  const authorized = connection ? authorize(connection, declared) : { ok: true as const, credentials: NOTHING };
  if (!authorized.ok) return failure("UNAVAILABLE", authorized.message, { reason: "connection" }, true);
  for (const value of Object.values(authorized.credentials.headers)) masker.add(value);
  const checked = inputCheck(interned(call.action.input ?? {}))(
    revealInput(call.input, secrets, (value) => masker.add(value)),
  );
  if (!checked.ok) return checked;
  const defaults = Object.fromEntries(
    (handler.environment ?? []).flatMap((row) => (row.default === undefined ? [] : [[row.name, row.default]])),
  );
  const scope: RenderScope = {
    input: checked.value,
    env: { ...defaults, ...env },
    secrets,
    connection: connection?.config ?? {},
    declared: new Set((handler.environment ?? []).map(({ name }) => name)),
  };
  const base = connection ? firstText([connection.config], ["base_url", "baseUrl", "url"]) : undefined;
  return { ok: true, scope, base, credentials: authorized.credentials };
}

function checkedOutput(schema: JsonObject | undefined, result: Extract<ActionResult, { ok: true }>): ActionResult {
  if (schema === undefined) return result;
  const problems = compileSchema(interned(schema)).validate(result.output);
  return problems.length === 0
    ? result
    : { ok: false, error: invalid("The answer does not fit the action's output schema", problems) };
}

function holdsSecret(body: BuiltRequest["body"], masker: Masker): boolean {
  if (body === undefined) return false;
  const text = body instanceof FormData ? JSON.stringify([...body]) : body.toString();
  return masker.text(text) !== text;
}

/** Headers whose value is or holds something that was revealed. */
function credentialHeadersOf(request: BuiltRequest, masker: Masker): string[] {
  return [...request.headers].flatMap(([name, value]) => (masker.text(value) === value ? [] : [name]));
}

function sizeOf({ url, headers, body }: BuiltRequest): number {
  const encoder = new TextEncoder();
  let bytes = url.length;
  for (const [name, value] of headers) bytes += name.length + value.length + 4;
  if (typeof body === "string") bytes += encoder.encode(body).length;
  else if (body instanceof URLSearchParams) bytes += body.toString().length;
  else if (body !== undefined)
    for (const [name, value] of body) bytes += name.length + (typeof value === "string" ? value.length : value.size);
  return bytes;
}

function masked(result: ActionResult, masker: Masker): ActionResult {
  if (masker.isEmpty) return result;
  if (result.ok) return { ...result, output: masker.json(result.output) };
  const { code, message, details } = result.error;
  const error: RunError = {
    code,
    message: masker.text(message),
    ...(details ? { details: masker.object(details) } : {}),
  };
  return { ...result, error };
}

function failure(code: RunErrorCode, message: string, details: JsonObject, permanent = false): Failed {
  return { ok: false, error: { code, message, details }, ...(permanent ? { permanent: true } : {}) };
}

function timeoutFailure(limit: number, elapsed: number, begun: boolean): Failed {
  return {
    ...failure("TIMEOUT", `No answer within ${limit} ms`, { timeout_ms: limit, elapsed_ms: elapsed }),
    ...(begun ? { outcomeUnknown: true } : {}),
  };
}

/** What was thrown while the request was being prepared. */
function unexpected(error: unknown): Failed {
  if (error instanceof RenderProblem) return failure("VALIDATION", error.message, { field: error.field });
  if (error instanceof ExpressionError) return failure("VALIDATION", error.message, {});
  return failure("UNAVAILABLE", "The call's credentials and values could not be looked up", { reason: "lookup" });
}
