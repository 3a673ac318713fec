import type { CallContext } from "../../contracts/rpc.ts";
import type { ActionCall, ActionResult } from "../../engine/run/types.ts";
import type { Giver } from "../archive/large-outputs.ts";
import type { TimerQueue } from "../timer-queue.ts";
import type { Admissions } from "./admissions.ts";
import type { CellStorage } from "./cell-storage.ts";
import type { StoredHead } from "./execution-head.ts";
import type { IdempotentStarts } from "./idempotent-starts.ts";
import type { Outbox } from "./outbox.ts";
import type { PlanCache } from "./plan-cache.ts";
import type { Resident } from "./resident.ts";
import type { TenantPort } from "./tenant-port.ts";

/** What the executions in a cell's memory need of it. */
export interface ResidentsDeps {
  storage: CellStorage;
  plans: PlanCache;
  outbox: Outbox;
  starts: IdempotentStarts;
  admissions: Admissions;
  timers: TimerQueue;
  tenant: TenantPort;
  /** Makes sure that all of an execution is here; undefined when it is. */
  bring(executionId: string): Promise<void> | undefined;
  /** A result that may be counted on: what is large of it is stored. */
  keep(resident: Resident, giver: Giver, result: ActionResult): Promise<ActionResult>;
  now(): number;
  wait(ms: number): Promise<void>;
  call(call: ActionCall, context: CallContext): Promise<ActionResult>;
  childId(parent: StoredHead, seed: string): string;
  /** Events of an execution were written; `before`: the outbox's last change before that. */
  wrote(resident: Resident, before: number): void;
  /** What is in memory, or due on the disk, has changed. */
  keepAwake(): void;
  report(message: string, error: unknown): void;
}
