import type { StartBody } from "../../../contracts/api/executions.ts";
import { digestOf } from "../../../contracts/canonical-json.ts";
import { success, type Result } from "../../../contracts/errors.ts";
import { validationFailure } from "../../../contracts/validation-failure.ts";
import type { ConcurrencyRule, StartCommand } from "../../../contracts/rpc.ts";
import type { JsonObject } from "../../../engine/json.ts";
import type { SourceTree } from "../../../engine/source/tree.ts";
import { prepareInputs } from "../../../engine/definition/validate-inputs.ts";
import type { Context } from "../context.ts";
import { planInline, planTree } from "../workflows/plan-inline.ts";
import type { PlannedWorkflow } from "../workflows/planned-workflow.ts";
import { resolveWorkflow } from "../workflows/resolve.ts";
import { concurrencyEnvNames, concurrencyRule } from "./concurrency.ts";
import { durationMs } from "./duration-ms.ts";
import { environmentValues } from "./environment-values.ts";
import { inputScope } from "./input-scope.ts";
import { prepareCallback } from "../webhooks/prepare-callback.ts";
import { isAsPublished, overriddenPlan, overriddenTimeout } from "./overridden-plan.ts";
import { refuseCaller } from "./refuse-caller.ts";
import { sendStart, type StartOutcome } from "./send-start.ts";
import { startTime, startTimeProblems } from "./start-time.ts";
import { traceparentOf } from "./traceparent.ts";
import { unavailableMembers } from "./unavailable-members.ts";

/** A sync caller waits at most this long; the run goes on (section 11). */
const LONGEST_WAIT_MS = 120_000;

export interface StartRequest {
  body: StartBody;
  /** The definition as it stood in a YAML body. */
  tree?: SourceTree;
  idempotencyKey?: string;
  traceparent?: string;
  /** A trigger starts it: what `trigger` reads, and the key by which it is started once. */
  triggered?: { key: string; trigger: JsonObject; overlap?: ConcurrencyRule };
}

async function planOf(context: Context, { body, tree }: StartRequest): Promise<Result<PlannedWorkflow>> {
  if (body.workflow !== undefined && body.definition === undefined) return resolveWorkflow(context, body.workflow);
  if (tree !== undefined) return planTree(context, tree, body.workflow_name);
  if (body.definition !== undefined && body.workflow === undefined)
    return planInline(context, body.definition, body.workflow_name);
  const message =
    body.workflow === undefined
      ? 'Either "workflow" or "definition" is required.'
      : '"workflow" and "definition" exclude each other.';
  return validationFailure([{ path: "/workflow", message }]);
}

/** `timeout: 0` or a missing one: the longest wait for sync; nothing else waits. */
function waitOf(body: StartBody): number | undefined {
  if (body.execution_mode !== "sync") return undefined;
  return body.timeout === undefined ? LONGEST_WAIT_MS : Math.min(durationMs(body.timeout), LONGEST_WAIT_MS);
}

/** Starts an execution of a plan: inputs are checked before anything exists, so a refusal leaves nothing behind. */
export async function startPlanned(
  context: Context,
  planned: PlannedWorkflow,
  { body, traceparent, triggered, ...request }: StartRequest,
): Promise<Result<StartOutcome>> {
  const { ports, caller } = context;
  const refused = refuseCaller(context, planned.source.definition);
  if (refused) return refused;
  const now = ports.now();
  // No header can hold a line break: keys of requests and of triggers never meet.
  const idempotencyKey = triggered ? `\n${triggered.key}` : request.idempotencyKey;
  const bodyHash = digestOf(triggered ? { key: triggered.key } : bodyAsJson(body));
  const mode = body.execution_mode ?? "async";
  const { executionId, cell, former } = ports.placement.place(caller, {
    kind: mode === "isolated" ? "isolated" : "cell",
    now,
    random: ports.random(8),
    idempotencyKey,
    shards: caller.settings?.shards,
  });
  const { definition } = planned.source;
  const published = isAsPublished(body);
  const names = new Set([...planned.envNames, ...concurrencyEnvNames(definition)]);
  const reader = published ? { workflow: `${definition.slug}@${definition.version}` } : {};
  const env = await environmentValues(context, [...names], reader);
  const before = { env: env ?? {}, executionId, now, trigger: triggered?.trigger };
  const inputs = prepareInputs(definition, body.inputs ?? {}, inputScope(definition, before));
  if (!inputs.ok) return validationFailure(inputs.problems);
  const concurrency = concurrencyRule(definition, inputScope(definition, { ...before, inputs: inputs.inputs }));
  if (!concurrency.ok) return concurrency;
  const limit = overriddenTimeout(body);
  const command: StartCommand = {
    executionId,
    tenantId: caller.tenantId,
    environment: caller.environment,
    planDigest: planned.digest,
    inputs: inputs.inputs,
    env,
    mode,
    metadata: body.metadata,
    timeoutMs: limit === undefined ? undefined : durationMs(limit),
    actor: caller.keyId,
    principal: planned.asksWho ? { roles: [...caller.roles], permissions: [...caller.permissions] } : undefined,
    idempotency: idempotencyKey === undefined ? undefined : { key: idempotencyKey, bodyHash },
    ...(published ? { published } : {}),
    trigger: triggered?.trigger,
    ...(former.length > 0 ? { former } : {}),
    budget: body.budget && { ...body.budget },
    startAt: startTime(body, now),
    priority: body.priority,
    concurrency: triggered?.overlap ?? concurrency.value,
    maxSteps: ports.stepLimit,
    waitMs: waitOf(body),
    callbackUrl: body.callback_url,
    traceparent: traceparentOf(traceparent, ports.random),
  };
  return sendStart(context, cell, command, planned.source);
}

/** The body was parsed from JSON and only lost what it did not have. */
function bodyAsJson(body: StartBody): JsonObject {
  return body as JsonObject;
}

/** `POST /workflows/executions`. */
export async function startExecution(context: Context, request: StartRequest): Promise<Result<StartOutcome>> {
  const { body } = request;
  const problems = [...unavailableMembers(body), ...startTimeProblems(body, context.ports.now())];
  if (problems.length > 0) return validationFailure(problems);
  const callback = await prepareCallback(context, body);
  if (callback !== null) return callback;
  const published = await planOf(context, request);
  if (!published.ok) return published;
  const planned = overriddenPlan(context, published.value, body);
  if (!planned.ok) return planned;
  const outcome = await startPlanned(context, planned.value, request);
  return outcome.ok ? success(outcome.value) : outcome;
}
