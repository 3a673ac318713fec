import type { FeedItem, KnownWish } from "../../contracts/feed-rpc.ts";
import type { CallContext } from "../../contracts/rpc.ts";
import type { ObjectStore } from "../../durable-objects/archive/object-store.ts";
import type { TenantPort } from "../../durable-objects/coordinator/tenant-port.ts";
import type { Json } from "../../engine/json.ts";
import type { ActionCall, ActionResult } from "../../engine/run/types.ts";

/** Where a cell may be killed. */
export type KillPoint =
  | "before commit"
  | "after commit"
  | "call sent"
  | "call answered"
  | "errand sent"
  | "errand answered"
  | "alarm rang";

/** What is around a simulated cell. */
export interface SimulatedWorld {
  /** Asked at every point; true kills the cell there. */
  kill(point: KillPoint): boolean;
  /** What the plugin answers and after how many ms, or by a promise of its own; null: never. */
  plugin(
    call: ActionCall,
    context: CallContext,
  ): { result: ActionResult; afterMs: number } | Promise<ActionResult> | null;
  /** Asked after every commit: true puts the object out of its memory in the next turn, and brings it back in the one after. */
  evicts?(): boolean;
  /** What an envelope means that a service sends later; itself, without it. */
  finish?(call: ActionCall, envelope: Json, revealed?: string): ActionResult;
  maskSaid?(call: ActionCall, text: string, revealed?: string): string | null;
  /** Nobody waits any more for an attempt that was to be finished later. */
  taskOver?(attempt: string): void;
  /** The tenant object; without one every slot is free and nobody publishes. */
  tenant?: TenantPort;
  /** The tenant's feed; without one it takes everything. */
  feed?(items: FeedItem[]): Promise<void>;
  /** What it wants, of a cell that is not told: the object of an isolated execution. */
  askWish?(): Promise<KnownWish>;
  /** Another cell of the tenant, asked for a key. */
  claimKey?(cell: string, key: string): Promise<string | null>;
  /** How late an alarm rings; at once without it. */
  alarmLateMs?(): number;
  /** Where executions are archived; without it none are. */
  objects?: ObjectStore;
  /** The cell says that its outbox has news. */
  hint(): void;
  /** It is there for one isolated execution. */
  single?: boolean;
  report(message: string, error: unknown): void;
}
