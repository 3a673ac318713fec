import type { FeedItem, KnownWish } from "../../contracts/feed-rpc.ts";
import type { CallContext } from "../../contracts/rpc.ts";
import type { Json } from "../../engine/json.ts";
import type { ActionCall, ActionResult } from "../../engine/run/types.ts";
import type { TimerQueue } from "../timer-queue.ts";
import type { CellStorage } from "./cell-storage.ts";
import type { StoredHead } from "./execution-head.ts";
import type { ObjectStore } from "../archive/object-store.ts";
import type { TenantPort } from "./tenant-port.ts";

/** What a cell needs of the world. */
export interface CellDeps {
  storage: CellStorage;
  timers: TimerQueue;
  /** The recovery alarm is never further ahead than this while anything is unfinished or unsent. */
  alarmMs: number;
  /** It is there for one isolated execution. */
  single?: boolean;
  tenant: TenantPort;
  now(): number;
  wait(ms: number): Promise<void>;
  call(call: ActionCall, context: CallContext): Promise<ActionResult>;
  /** What a service's envelope means that came later than its answer. */
  finish(call: ActionCall, context: CallContext, envelope: Json, revealed?: string): Promise<ActionResult>;
  /** What a service says of an attempt meanwhile, as it may be shown; null: it may not. */
  maskSaid(call: ActionCall, context: CallContext, text: string, revealed?: string): Promise<string | null>;
  /** Nobody waits any more for an attempt that a service was to finish later. */
  taskOver(attempt: string): void;
  /** The id of an execution that a step starts: the same for the same seed. */
  childId(parent: StoredHead, seed: string): string;
  /** Asks another cell of the tenant for a key; see `CoordinatorRpc.claimKey`. */
  claimKey(cell: string, key: string): Promise<string | null>;
  /** Where executions go that ended long ago; a host without one keeps all of them. */
  objects?: ObjectStore;
  /** Begins the keys of all that is put there. */
  objectsPrefix?: string;
  /** How long executions stay that have ended (ms): asked by a cell that nobody tells. */
  retentionMs?(): Promise<number>;
  setAlarm(at: number): void;
  /** Tells the sink to read this cell's outbox. */
  hintOutbox(): void;
  /** Gives the tenant's feed what it wants; rejects when it does not have it for sure. */
  pushToFeed(items: FeedItem[]): Promise<void>;
  /** Asks the tenant's feed what it wants: only a cell has it that nobody tells. */
  askWish?(): Promise<KnownWish>;
  /** A fault that no caller is told: for the operator. */
  report(message: string, error: unknown): void;
}
