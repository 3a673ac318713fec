import type { Failure, Result } from "../../../contracts/errors.ts";
import type { Owner } from "../../../contracts/placement.ts";
import type { TenantSettings } from "../../../contracts/quota-rpc.ts";
import type { ConcurrencyRule } from "../../../contracts/rpc.ts";
import type { Firing, FiringOutcome } from "../../../contracts/triggers-rpc.ts";
import type { JsonObject } from "../../../engine/json.ts";
import { triggerInputs } from "../../../engine/triggers/trigger-inputs.ts";
import { isDatabaseUnavailable } from "../../database/query-errors.ts";
import type { Context, Ports } from "../context.ts";
import { onTenant } from "../object-calls.ts";
import type { StartOutcome } from "../executions/send-start.ts";
import { startPlanned } from "../executions/start.ts";
import type { PlannedWorkflow } from "../workflows/planned-workflow.ts";
import { resolveWorkflow } from "../workflows/resolve.ts";
import { runsOn } from "./previous-run.ts";
import { triggerContext } from "./trigger-context.ts";

/** When a due time that queues behind a run is looked at again. */
const QUEUE_MS = 5_000;

/** Starts what a triggers object asks for. Outcomes in the order of the firings. */
export async function startFirings(
  ports: Ports,
  owner: Owner,
  firings: readonly Firing[],
  background: Context["background"],
): Promise<FiringOutcome[]> {
  const settings = await settingsOf(ports, owner);
  if (settings === undefined)
    return firings.map(() => ({ kind: "later", reached: false, message: "the tenant object cannot be reached" }));
  const contextOf = ({ triggerId, actor }: Firing) =>
    triggerContext(ports, owner, triggerId, actor, background, settings);
  // Runs of one trigger that must not overlap are asked for one after the other.
  const before = new Map<string, Promise<FiringOutcome>>();
  return Promise.all(
    firings.map((firing) => {
      const context = contextOf(firing);
      if (firing.overlap === "allow") return startFiring(context, firing);
      const earlier = before.get(firing.triggerId);
      const outcome = (earlier ?? Promise.resolve(undefined)).then((last) =>
        startFiring(context, last?.kind === "started" ? { ...firing, previous: last.executionId } : firing),
      );
      before.set(firing.triggerId, outcome);
      return outcome;
    }),
  );
}

/** Limits and shards of the tenant, which starts are placed by; undefined where its object cannot be asked now. */
async function settingsOf(ports: Ports, owner: Owner): Promise<TenantSettings | undefined> {
  try {
    return await onTenant(ports, owner, (tenant) => tenant.settings());
  } catch (error) {
    console.error(JSON.stringify({ level: "warn", message: "a trigger could not start", error: String(error) }));
    return undefined;
  }
}

async function startFiring(context: Context, firing: Firing): Promise<FiringOutcome> {
  let reached = false;
  try {
    const planned = await resolveWorkflow(context, firing.workflow);
    if (!planned.ok) return outcomeOf(planned);
    const inputs = await firingInputs(context, firing, planned.value);
    if (!inputs.ok) return { kind: "refused", code: "VALIDATION", message: inputs.message };
    const rule = overlapRule(firing);
    const ownRule = planned.value.source.definition.concurrency !== undefined;
    const waits = rule && ownRule ? await runsOn(context, firing) : undefined;
    if (waits === "skip") return { kind: "skipped", message: "The execution before still goes on." };
    if (waits === "queue")
      return { kind: "later", reached: false, message: "the execution before still goes on", retryAfterMs: QUEUE_MS };
    reached = true;
    return outcomeOf(
      await startPlanned(context, planned.value, {
        body: { workflow: firing.workflow, inputs: inputs.inputs },
        triggered: { key: firing.key, trigger: firing.trigger, overlap: ownRule ? undefined : rule },
      }),
    );
  } catch (error) {
    const message = error instanceof Error ? `${error.name}: ${error.message}`.slice(0, 300) : "unknown";
    console.error(
      JSON.stringify({ level: "warn", message: "a trigger could not start", key: firing.key, error: message }),
    );
    return {
      kind: "later",
      reached: reached && !isDatabaseUnavailable(error),
      message: "a part of the platform cannot be reached",
    };
  }
}

/** The inputs by the trigger's templates; `env.` is looked up where they read it. */
export async function firingInputs(
  context: Context,
  { inputs, trigger, key }: Pick<Firing, "inputs" | "trigger" | "key">,
  { source }: PlannedWorkflow,
) {
  const { name, version, slug } = source.definition;
  const readsEnv = inputs !== undefined && JSON.stringify(inputs).includes("env");
  const env: JsonObject = readsEnv
    ? await onTenant(context.ports, context.caller, (tenant) =>
        tenant.envValues(["*"], { workflow: `${slug}@${version}` }),
      )
    : {};
  const scope = { trigger, now: context.ports.now(), seed: key, env, workflow: { name, version } };
  return triggerInputs(inputs, Object.keys(source.definition.inputs), scope);
}

function overlapRule({ triggerId, overlap }: Firing): ConcurrencyRule | undefined {
  switch (overlap) {
    case "allow":
      return undefined;
    case "skip":
      return { key: `trigger/${triggerId}`, limit: 1, strategy: "reject" };
    case "queue":
    case "cancel_running":
      return { key: `trigger/${triggerId}`, limit: 1, strategy: overlap };
    default:
      return overlap satisfies never;
  }
}

function outcomeOf(result: Result<StartOutcome> | Failure): FiringOutcome {
  if (result.ok) return { kind: "started", executionId: result.value.executionId };
  const { code, message, retryAfter } = result;
  const retryAfterMs = retryAfter === undefined ? undefined : retryAfter * 1_000;
  switch (code) {
    case "CONFLICT":
      return retryAfterMs === undefined
        ? { kind: "skipped", message }
        : { kind: "later", reached: true, message, retryAfterMs };
    case "RATE_LIMITED":
      return { kind: "later", reached: false, message, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
    case "UNAVAILABLE":
    case "TIMEOUT":
    case "INTERNAL_ERROR":
    case "BACKEND_ERROR":
      return { kind: "later", reached: true, message, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
    case "VALIDATION":
    case "UNAUTHENTICATED":
    case "QUOTA_EXCEEDED":
    case "FORBIDDEN":
    case "NOT_FOUND":
    case "PAYLOAD_TOO_LARGE":
    case "CANCELED":
      return { kind: "refused", code, message };
    default:
      return code satisfies never;
  }
}
