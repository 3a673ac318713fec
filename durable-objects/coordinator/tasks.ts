import type { CallContext } from "../../contracts/rpc.ts";
import type { TaskAnswer, TaskAttempt, TaskReport } from "../../contracts/task-rpc.ts";
import type { Json } from "../../engine/json.ts";
import { attemptName } from "../../engine/run/attempt-name.ts";
import { actionCall } from "../../engine/run/effects.ts";
import { idempotencyKeyOf } from "../../engine/run/idempotency-key.ts";
import { isCall } from "../../engine/run/state.ts";
import type { ActionCall, ActionResult, StampedEvent } from "../../engine/run/types.ts";
import type { Giver } from "../archive/large-outputs.ts";
import { endsAttempt } from "./ends-attempt.ts";
import { RevealedTable } from "./revealed-table.ts";
import type { CellStorage } from "./cell-storage.ts";
import type { Resident } from "./resident.ts";
import type { Residents } from "./residents.ts";
import type { StepReports } from "./step-reports.ts";

interface TaskDeps {
  storage: CellStorage;
  residents: Residents;
  reports: StepReports;
  now(): number;
  /** A result that may be counted on: what is large of it is stored. */
  keep(resident: Resident, giver: Giver, result: ActionResult): Promise<ActionResult>;
  /** What an envelope that came later means for the attempt: the plugin Worker checks and masks it as one that came at once. */
  finish(call: ActionCall, context: CallContext, envelope: Json, revealed?: string): Promise<ActionResult>;
  /** What a service says meanwhile, without what it was given; null where that cannot be told from it. */
  maskSaid(call: ActionCall, context: CallContext, text: string, revealed?: string): Promise<string | null>;
  /** Nobody waits any more for an attempt that was to be finished later: what it holds elsewhere is free. */
  taskOver(attempt: string): void;
}

/**
 * Attempts that their services finish later. A report counts only for the attempt that is in flight, whether its service has said
 * yet that it is pending or not; a result counts once, and is answered when it is on the disk.
 */
export class Tasks {
  readonly #deps: TaskDeps;
  readonly #revealed: RevealedTable;

  constructor(deps: TaskDeps) {
    this.#deps = deps;
    this.#revealed = new RevealedTable(deps.storage);
  }

  /** Null: this cell has no such execution. */
  async take(executionId: string, which: TaskAttempt, report: TaskReport): Promise<TaskAnswer | null> {
    const resident = this.#deps.residents.get(executionId);
    if (!resident) return this.#over(executionId, which.path);
    try {
      if (!isAwaited(resident, which)) return await this.#over(executionId, which.path);
      if (report.kind !== "finish") return await this.#alive(resident, which, report);
      const { context } = resident;
      const call = callOf(resident, which.path, this.#deps.now());
      const revealed = this.#revealedTo(resident, which);
      globalThis.faultPoint?.("task.before");
      const result = await this.#deps.finish(call, context, report.envelope, revealed).catch(() => undefined);
      globalThis.faultPoint?.("task.read");
      if (result === undefined || (!result.ok && result.error.details?.reason === "lookup"))
        return { kind: "unavailable" };
      if (!result.ok && result.pending)
        return { kind: "refused", message: "A task is finished with a success or an error, not with another task" };
      // It may have left the memory, and come back, while its envelope was read.
      const current = this.#deps.residents.get(executionId);
      if (!current) return await this.#over(executionId, which.path);
      const awaits = () => this.#deps.residents.isCurrent(current) && isAwaited(current, which);
      const kept = await this.#deps.keep(current, { path: which.path, isAwaited: awaits }, result);
      return await this.#settle(executionId, which, kept);
    } finally {
      const now = this.#deps.residents.here(executionId);
      if (now) this.#deps.residents.rest(now);
    }
  }

  /** Events were written: an attempt that was to be finished later is over with its result, its time, or its step. */
  written({ head, driver, tasks }: Resident, events: readonly StampedEvent[]): void {
    for (const event of events) {
      if (event.type === "step.pending") {
        const { path } = event;
        const attempt = driver.state.instances.get(path)?.attempt ?? 1;
        tasks.set(path, attemptName(idempotencyKeyOf(head, path), attempt));
      } else if ("path" in event && event.path !== undefined && endsAttempt(event.type)) {
        const attempt = tasks.get(event.path);
        if (attempt === undefined) continue;
        tasks.delete(event.path);
        this.#deps.taskOver(attempt);
      }
    }
  }

  /** A call was answered. One that is not waited for any more, and that its service means to finish later, is over at once. */
  answered(executionId: string, { path, attempt, idempotencyKey }: ActionCall, result: ActionResult): void {
    if (result.ok || !result.pending) return;
    const resident = this.#deps.residents.here(executionId);
    const instance = resident?.driver.state.open.get(path);
    if (resident && instance?.status === "running" && instance.attempt === attempt) {
      const { revealed } = result.pending;
      if (revealed !== undefined) resident.revealed.set(path, { attempt, sealed: revealed });
      return;
    }
    this.#deps.taskOver(attemptName(idempotencyKey, attempt));
  }

  /** Progress says that it is alive, too. Its words may hold what the service was given: they are shown masked, or not at all. */
  async #alive(
    resident: Resident,
    { path, attempt }: TaskAttempt,
    report: Exclude<TaskReport, { kind: "finish" }>,
  ): Promise<TaskAnswer> {
    const { driver, head, context } = resident;
    driver.deliver({ type: "heartbeat", path, attempt });
    if (report.kind !== "progress") return { kind: "taken" };
    const { message, ...said } = report;
    const { executionId } = head;
    if (message === undefined) {
      this.#deps.reports.take(executionId, path, attempt, said);
      return { kind: "taken" };
    }
    const call = callOf(resident, path, this.#deps.now());
    const revealed = this.#revealedTo(resident, { path, attempt });
    const masked = await this.#deps.maskSaid(call, context, message, revealed).catch(() => null);
    this.#deps.reports.take(executionId, path, attempt, masked === null ? said : { ...said, message: masked });
    return { kind: "taken" };
  }

  /** What was kept of what the attempt's service was given: from before its 202 is on the disk. */
  #revealedTo(
    { head, revealed }: Resident,
    { path, attempt }: Pick<TaskAttempt, "path" | "attempt">,
  ): string | undefined {
    const kept = revealed.get(path);
    return kept?.attempt === attempt ? kept.sealed : this.#revealed.get(head.executionId, path, attempt);
  }

  async #settle(executionId: string, which: TaskAttempt, result: ActionResult): Promise<TaskAnswer> {
    // It may have been settled, or have left the memory, while its envelope was read.
    const resident = this.#deps.residents.get(executionId);
    const { path, attempt } = which;
    if (!resident || !isAwaited(resident, which))
      return (await this.#over(executionId, path)) ?? { kind: "unavailable" };
    this.#deps.reports.settle(executionId, path);
    resident.driver.deliver({ type: "result", path, attempt, result });
    globalThis.faultPoint?.("task.delivered");
    await this.#deps.residents.committed(resident);
    globalThis.faultPoint?.("task.committed");
    return { kind: "taken" };
  }

  async #over(executionId: string, path: string): Promise<TaskAnswer | null> {
    return this.#deps.residents.read(executionId, (_head, _plan, state) => ({
      kind: "over",
      status: state.instances.get(path)?.status ?? state.status,
    }));
  }
}

function isAwaited({ head, driver }: Resident, { path, runAttempt, attempt }: TaskAttempt): boolean {
  const instance = driver.state.open.get(path);
  if (!instance || head.runAttempt !== runAttempt) return false;
  return instance.status === "running" && instance.attempt === attempt && isCall(instance);
}

function callOf({ plan, driver }: Resident, path: string, now: number): ActionCall {
  const instance = driver.state.open.get(path);
  if (!instance) throw new Error(`${path} is awaited and not open`);
  return actionCall(plan, driver.state, instance, now);
}
