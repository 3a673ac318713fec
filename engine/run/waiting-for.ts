import type { JsonObject } from "../json.ts";
import type { Plan } from "../plan/types.ts";
import type { Instance, RunState } from "./state.ts";
import type { Hold } from "./types.ts";

/**
 * What a run that can do nothing by itself waits for (`waiting_for`, section 20): the soonest where there are several.
 * Undefined for a run that has something to do.
 */
export function waitingFor(plan: Plan, state: RunState): JsonObject | undefined {
  if (state.hold) return holdAsJson(state.hold);
  if (state.status !== "running" && state.status !== "waiting") return undefined;
  if (state.busy > 0) return undefined;
  const soonest = soonestWait(state);
  if (soonest) return waitAsJson(soonest);
  if (plan.graph?.longRunning && state.open.size === 0 && !state.ending) return { kind: "event", event: "message" };
  return undefined;
}

/** What one waiting step waits for. */
export function waitAsJson({ wait, path, step }: Instance): JsonObject | undefined {
  if (!wait) return undefined;
  const at: JsonObject = { step: step?.id ?? "workflow", path };
  const deadline: JsonObject = wait.due === undefined ? {} : { deadline: new Date(wait.due).toISOString() };
  if (wait.kind === "time") return { kind: "time", ...at, until: new Date(wait.due).toISOString() };
  if (wait.kind === "event") {
    return {
      kind: "event",
      ...at,
      event: wait.event,
      ...(wait.key === undefined ? {} : { key: wait.key }),
      ...deadline,
    };
  }
  if (wait.kind === "connection") {
    const { connector, endUser, connectUrl } = wait;
    const whose: JsonObject = endUser === undefined ? {} : { end_user: endUser };
    return { kind: "connection", ...at, connector, ...whose, connect_url: connectUrl, ...deadline };
  }
  const { approvers, message } = wait;
  return { kind: "approval", ...at, approvers, ...(message === undefined ? {} : { message }), ...deadline };
}

function soonestWait({ root, open, waiting }: RunState): Instance | undefined {
  if (root.wait) return root;
  let soonest: Instance | undefined;
  if (waiting > 0)
    for (const instance of open.values()) if (instance.wait && sooner(instance, soonest)) soonest = instance;
  return soonest;
}

function sooner(one: Instance, other: Instance | undefined): boolean {
  if (!other) return true;
  const before = dueOf(one) - dueOf(other);
  return before < 0 || (before === 0 && one.path < other.path);
}

function dueOf({ wait }: Instance): number {
  return wait?.due ?? Number.MAX_SAFE_INTEGER;
}

function holdAsJson(hold: Hold): JsonObject {
  if (hold.kind === "time") return { kind: "time", until: new Date(hold.due).toISOString() };
  if (hold.kind === "concurrency") return { kind: "concurrency", key: hold.key };
  if (hold.kind === "capacity") return { kind: "concurrency", limit: "concurrent_executions", max: hold.limit };
  const { budget, used, limit, due } = hold;
  return { kind: "budget", budget, used, limit, until: new Date(due).toISOString() };
}
