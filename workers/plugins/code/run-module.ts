import { checkedOutput } from "../../../connectors/attempt/checked-output.ts";
import { metered } from "../../../connectors/attempt/metered.ts";
import { CODE_LIMITS } from "../../../connectors/code/code-limits.ts";
import type { Modules } from "../../../connectors/code/modules-digest.ts";
import { codeHandlerOf, type PinnedCodeHandler } from "../../../connectors/code/pinned-code-handler.ts";
import { callHeaders } from "../../../connectors/code/call-headers.ts";
import { codeCallLimits } from "../../../connectors/code/call-limits.ts";
import { declaredEnvironment } from "../../../connectors/declared-environment.ts";
import { inputCheck } from "../../../connectors/input-check.ts";
import { concurrentLimit } from "../../../connectors/services/concurrent-limit.ts";
import type { CodeGateRpc, CodeGrant } from "../../../contracts/code-gate-rpc.ts";
import type { SandboxHost, SandboxJob, SandboxOutcome, SandboxRpc } from "../../../contracts/code-sandbox-rpc.ts";
import type { CallContext, StepReport } from "../../../contracts/rpc.ts";
import type { SandboxEnds } from "../../../contracts/sandbox-ends.ts";
import type { RunErrorCode } from "../../../engine/errors.ts";
import { isObject, type Json, type JsonObject } from "../../../engine/json.ts";
import type { ActionCall, ActionResult } from "../../../engine/run/types.ts";
import type { Place, PlaceAsked } from "./call-places.ts";
import { CallRecord } from "./call-record.ts";
import { codeContext } from "./code-context.ts";
import { environmentNames } from "./environment-names.ts";
import { holdSecrets } from "./hold-secrets.ts";
import { inSandbox } from "./in-sandbox.ts";
import { readAnswer } from "./read-answer.ts";
import { stoppedFailure } from "./stopped-failure.ts";
import { UnfitModules } from "./unfit-modules.ts";

type Failed = Extract<ActionResult, { ok: false }>;

export interface ModuleDeps {
  sandbox: SandboxRpc;
  gate: Pick<CodeGateRpc, "prepareForCode">;
  /** A stub for the code of this call. */
  host(grant: Omit<CodeGrant, "timeoutMs">, record: CallRecord, deadline: number): SandboxHost;
  /** Wraps the asking for modules into a stub. */
  source(modules: () => Promise<Modules>): Parameters<SandboxRpc["run"]>[2];
  loadModules(digest: string): Promise<Modules>;
  /** A place among the calls that run at once. */
  takePlace(said: number | undefined, asked: Omit<PlaceAsked, "owner">): Promise<Place>;
  report(report: StepReport): Promise<unknown>;
  now(): number;
  /** Milliseconds after which a stuck sandbox is ended; absent where the platform bounds each call itself. */
  stuckMs?: number;
  /** Why the sandbox was ended; absent where nothing watches it. */
  ends?(): Promise<SandboxEnds["ends"]>;
}

/** Runs one attempt of an action that is published code. Never throws: failures are results. */
export async function runModule(call: ActionCall, context: CallContext, deps: ModuleDeps): Promise<ActionResult> {
  const started = deps.now();
  const record = new CallRecord(deps.report);
  const ended = await attempt(call, context, deps, record, started).catch((error: unknown) =>
    stoppedFailure(error, { elapsedMs: deps.now() - started, sent: record.sent, stuckMs: deps.stuckMs }),
  );
  await record.settle();
  const result = ended.ok ? ended : (record.failed ?? ended);
  const usage = {
    compute_ms: Math.max(0, deps.now() - started - record.waitedMs),
    egress_bytes: record.egressBytes,
  };
  return record.begun ? { ...result, usage: { ...result.usage, ...usage } } : metered(result, usage);
}

async function attempt(
  call: ActionCall,
  context: CallContext,
  deps: ModuleDeps,
  record: CallRecord,
  started: number,
): Promise<ActionResult> {
  const handler = codeHandlerOf(call.action.handler);
  if (handler === undefined) return failure("UNAVAILABLE", "This action has no code handler", {});
  const held = holdSecrets(call, handler);
  if (!held.ok) return held;
  const checked = inputCheck(call.action.input ?? {}).any(held.input);
  if (!checked.ok) return checked;
  const grant = grantOf(call, context, handler, held.handles);
  const ready = await readyFor(call, handler, grant, deps);
  if (!ready.ok) return ready;

  const timeoutMs = Math.min(call.timeoutMs, CODE_LIMITS.longestTimeoutMs);
  const deadline = Math.min(call.deadline, started + timeoutMs);
  const { connection, environment } = ready;
  const looked = { secrets: held.secrets, connection: connection?.config ?? null, environment, deadline };
  const told = codeContext(call, context, looked);
  if (!told.ok) return told;
  const cpuMs = handler.limits?.cpuMs ?? codeCallLimits(undefined).cpuMs;
  const job: SandboxJob = {
    isolate: isolateOf(handler, context, cpuMs),
    module: handler.module,
    exports: [handler.export ?? call.action.action],
    input: checked.value,
    context: told.context,
    cpuMs,
  };
  const asked = deps.now();
  const { connector } = grant;
  const lease = `${call.idempotencyKey}#${call.attempt}/${crypto.randomUUID()}`;
  const connectionId = connection?.id ?? null;
  const said = concurrentLimit(connection?.config.concurrent) ?? handler.limits?.concurrent;
  const place = await deps.takePlace(said, { connector, connectionId, lease, deadline, now: asked });
  record.waitedMs = deps.now() - asked;
  if (!place.ok) return place;
  record.begun = true;
  try {
    const outcome = await inSandbox((alone) => runJob(job, { handler, grant, record, deadline, alone }, deps));
    if (outcome === "timeout") return timeout(timeoutMs, deps.now() - started, record.sent);
    return "kind" in outcome ? checkedOutcome(call, context, outcome) : outcome;
  } finally {
    place.giveBack();
  }
}

interface Running {
  handler: PinnedCodeHandler;
  grant: Omit<CodeGrant, "timeoutMs">;
  record: CallRecord;
  deadline: number;
  /** No other call has been in the sandbox meanwhile. */
  alone(): boolean;
}

/** Runs a job to its outcome, its time or the end of the sandbox, whichever is first. */
async function runJob(
  job: SandboxJob,
  { handler, grant, record, deadline, alone }: Running,
  deps: ModuleDeps,
): Promise<SandboxOutcome | Failed | "timeout"> {
  const begun = deps.now();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const timedOut = new Promise<"timeout">((resolve) => {
    timer = setTimeout(() => resolve("timeout"), Math.max(0, deadline - begun));
  });
  let unfit: UnfitModules | undefined;
  try {
    const source = deps.source(() =>
      deps.loadModules(handler.digest).catch((error: unknown) => {
        if (error instanceof UnfitModules) unfit = error;
        throw error;
      }),
    );
    return await Promise.race([deps.sandbox.run(job, deps.host(grant, record, deadline), source), timedOut]);
  } catch (error) {
    if (unfit) return failure("INTERNAL_ERROR", unfit.message, { reason: "checksum", digest: handler.digest });
    const ends = (await deps.ends?.().catch(() => [])) ?? [];
    const end = ends.findLast(({ at }) => at >= begun);
    return stoppedFailure(error, {
      elapsedMs: deps.now() - begun,
      sent: record.sent,
      stuckMs: deps.stuckMs,
      cpuMs: job.cpuMs,
      ...(end?.reason === "memory" ? { memoryOf: alone() ? ("call" as const) : ("several" as const) } : {}),
    });
  } finally {
    if (timer !== undefined) clearTimeout(timer);
  }
}

/** Isolates are one tenant's and environment's, for one set of modules; an isolated execution's are its own (threat T26). */
function isolateOf(
  { digest }: PinnedCodeHandler,
  { tenantId, environment, executionId, isolated }: CallContext,
  cpuMs: number,
): string {
  const owner = `${tenantId}/${environment}/${digest}/${cpuMs}`;
  return isolated ? `isolated/${owner}/${executionId}` : `shared/${owner}`;
}

function grantOf(
  call: ActionCall,
  context: CallContext,
  handler: PinnedCodeHandler,
  handles: CodeGrant["handles"],
): Omit<CodeGrant, "timeoutMs"> {
  return {
    tenantId: context.tenantId,
    environment: context.environment,
    ...(context.published === undefined ? {} : { published: context.published }),
    connector: `${call.action.namespace}/${call.action.connector}`,
    connectorVersion: call.action.version,
    ...(call.connection === undefined ? {} : { connection: call.connection }),
    ...(call.action.auth === undefined ? {} : { auth: call.action.auth }),
    ...(handler.baseUrl === undefined ? {} : { baseUrl: handler.baseUrl }),
    ...(call.connectionWaitMs === undefined ? {} : { connectionWaitMs: call.connectionWaitMs }),
    hosts: handler.hosts ?? [],
    handles,
    callHeaders: callHeaders(call, context),
  };
}

type Ready =
  | { ok: true; connection: { id: string; config: JsonObject } | null; environment?: Record<string, Json> }
  | Failed;

/** What has to be looked up before the code runs; where it is nothing, nobody is asked. */
async function readyFor(
  call: ActionCall,
  handler: PinnedCodeHandler,
  grant: Omit<CodeGrant, "timeoutMs">,
  deps: ModuleDeps,
): Promise<Ready> {
  const declared = isObject(call.action.auth) && call.action.auth.type !== "NONE";
  const needsConnection = declared || (grant.connection ?? null) !== null;
  const names = environmentNames(handler, call.action.context);
  const nothing = !needsConnection && !handler.hosts?.includes("connection") && (names?.length ?? 0) === 0;
  const ready = nothing
    ? { ok: true as const, connection: null, env: {} }
    : await deps.gate.prepareForCode({ ...grant, timeoutMs: 0 }, { needsConnection, env: names ?? [] });
  if (!ready.ok || names === undefined) return ready;
  const environment = declaredEnvironment(handler, ready.env);
  return environment.ok ? { ...ready, environment: environment.values } : environment;
}

function checkedOutcome(call: ActionCall, context: CallContext, outcome: SandboxOutcome): ActionResult {
  const result = readAnswer(outcome, call.action.action, context.isolated);
  return result.ok ? checkedOutput(call.action.output, result) : result;
}

function timeout(limitMs: number, elapsedMs: number, sent: boolean): Failed {
  const error = {
    code: "TIMEOUT" as const,
    message: `The code did not answer within ${limitMs} ms`,
    details: { limit: "timeout_ms", timeout_ms: limitMs, elapsed_ms: elapsedMs },
  };
  return { ok: false, error, ...(sent ? { outcomeUnknown: true } : {}) };
}

function failure(code: RunErrorCode, message: string, details: JsonObject): Failed {
  return { ok: false, permanent: true, error: { code, message, details } };
}
