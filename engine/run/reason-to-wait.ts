import type { JsonObject } from "../json.ts";
import type { Plan } from "../plan/types.ts";
import type { Instance, RunState } from "./state.ts";
import { isCall } from "./state.ts";
import { waitAsJson, waitingFor } from "./waiting-for.ts";

/**
 * Why a run does not move, for whoever asks: beside what `waitingFor` says, who paused it, when a try is due again, which service
 * or which other execution it is that has not finished. Undefined while something is in flight here. Read from the state alone, so
 * that knowing it costs a run nothing.
 */
export function reasonToWait(plan: Plan, state: RunState): JsonObject | undefined {
  const waits = waitingFor(plan, state);
  if (waits) return waits;
  if (state.status === "paused") return pauseAsJson(state);
  if (state.status !== "running" && state.status !== "waiting") return undefined;
  let soonest: { due: number; reason: JsonObject } | undefined;
  for (const instance of state.open.values()) {
    const reason = stepWait(instance);
    if (!reason) {
      if (isCall(instance) && instance.status === "running") return undefined;
      continue;
    }
    const due = dueOf(instance);
    if (!soonest || due < soonest.due) soonest = { due, reason };
  }
  return soonest?.reason;
}

/** What one open step waits for; undefined for one that does something, or is over. */
export function stepWait(instance: Instance): JsonObject | undefined {
  const { step, path, status, attempt, error, retryDue, task, child } = instance;
  if (status === "waiting") return waitAsJson(instance);
  const at: JsonObject = { step: step?.id ?? "workflow", path };
  if (status === "retrying" && retryDue !== undefined) {
    const cause: JsonObject = error ? { error: { code: error.code, message: error.message } } : {};
    return { kind: "retry", ...at, attempt, until: iso(retryDue), ...cause };
  }
  if (status !== "running") return undefined;
  if (task) {
    const heard: JsonObject = task.heartbeatDue === undefined ? {} : { heartbeat_until: iso(task.heartbeatDue) };
    return { kind: "task", ...at, attempt, since: iso(task.since), deadline: iso(task.due), ...heard };
  }
  return child === undefined ? undefined : { kind: "execution", ...at, execution_id: child };
}

function pauseAsJson({ pausedAt, paused }: RunState): JsonObject {
  const { reason, actor } = paused ?? {};
  return {
    kind: "resume",
    ...(pausedAt === null ? {} : { since: iso(pausedAt) }),
    ...(actor === undefined ? {} : { by: actor }),
    ...(reason === undefined ? {} : { reason }),
  };
}

function dueOf({ wait, retryDue, task }: Instance): number {
  return wait?.due ?? retryDue ?? task?.due ?? Number.MAX_SAFE_INTEGER;
}

function iso(at: number): string {
  return Number.isFinite(at) ? new Date(at).toISOString() : "never";
}
