import type { Instance } from "./state.ts";
import type { Turn } from "./turn.ts";
import type { AttemptUsage, EngineInput, EngineEvent, PendingTask } from "./types.ts";

/*
 * Attempts whose service answered that it will finish later (section 8). Such an attempt is no call any more: nothing is held
 * in flight, and a restart does not repeat it. It ends by its result, by its time, or with its step.
 */

/** A heartbeat is recorded only when it moves the due time by this part of its interval, which the due time is later for. */
const SLACK = 0.25;

/** The service took the attempt and will finish it: it has the action's time limit for that, from now on. */
export function awaitTask(turn: Turn, instance: Instance, { heartbeatMs }: PendingTask, usage?: AttemptUsage): void {
  const { path, step, task } = instance;
  if (!step || task) return;
  const fact: Extract<EngineEvent, { type: "step.pending" }> = {
    type: "step.pending",
    path,
    due: turn.now + step.timeoutMs,
  };
  if (heartbeatMs !== undefined) {
    fact.heartbeat_ms = heartbeatMs;
    fact.heartbeat_due = heartbeatDue(turn.now, heartbeatMs);
  }
  if (usage) fact.usage = usage;
  turn.emit(fact);
  turn.setTimer(`task:${path}`, taskDue(instance) ?? fact.due);
}

/** The service says that it is still at it. */
export function receiveHeartbeat(turn: Turn, { path, attempt }: Extract<EngineInput, { type: "heartbeat" }>): void {
  const instance = turn.state.open.get(path);
  const { task } = instance ?? {};
  if (!instance || !task || instance.status !== "running" || instance.attempt !== attempt) return;
  const { heartbeatMs, heartbeatDue: known } = task;
  if (heartbeatMs === undefined || known === undefined) return;
  const next = heartbeatDue(turn.now, heartbeatMs);
  if (next - known < heartbeatMs * SLACK) return;
  turn.emit({ type: "step.heartbeat", path, heartbeat_due: next });
  turn.setTimer(`task:${path}`, taskDue(instance) ?? next);
}

/** The task's time is over, or its service has not been heard of for too long. */
export function taskIsLate(turn: Turn, path: string): void {
  const instance = turn.state.open.get(path);
  const { task } = instance ?? {};
  if (!instance || !task || turn.notYet(`task:${path}`, taskDue(instance))) return;
  const silent = turn.now < task.due;
  const waitedMs = turn.now - task.since;
  const message = silent
    ? `The service has not been heard of for more than ${(task.heartbeatMs ?? 0) / 1_000}s: no heartbeat of its task`
    : `The service did not finish its task within ${(task.due - task.since) / 1_000}s`;
  const details = {
    timeout_ms: silent ? (task.heartbeatMs ?? 0) : task.due - task.since,
    elapsed_ms: waitedMs,
    reason: silent ? "heartbeat" : "task",
  };
  const error = { code: "TIMEOUT" as const, message, details };
  turn.settleAttempt(path, instance.attempt, { ok: false, outcomeUnknown: true, error });
}

/** When it is over for want of a result or of a heartbeat. */
export function taskDue({ task }: Instance): number | undefined {
  return task && Math.min(task.due, task.heartbeatDue ?? task.due);
}

/** What an attempt used: its call, and what came with its result. */
export function withTaskUsage({ task }: Instance, usage: AttemptUsage | undefined): AttemptUsage | undefined {
  const called = task?.usage;
  if (!called || !usage) return usage ?? called;
  return {
    ...called,
    ...usage,
    compute_ms: called.compute_ms + usage.compute_ms,
    egress_bytes: called.egress_bytes + usage.egress_bytes,
  };
}

function heartbeatDue(now: number, heartbeatMs: number): number {
  return now + Math.round(heartbeatMs * (1 + SLACK));
}
