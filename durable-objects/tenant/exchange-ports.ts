import type { LimitOverrides } from "../../contracts/limits.ts";
import type { ShardCapacity } from "../../contracts/shard-load.ts";
import type { CoordinatorRpc } from "../../contracts/rpc.ts";

/** What the exchange uses of a cell. */
export type CellLink = Pick<CoordinatorRpc, "act" | "isLive" | "reportLease" | "leasesChanged">;

/** The world of a tenant object's exchange. */
export interface ExchangePorts {
  now(): number;
  /** The cell of that name, through a stub that is new: one whose object was reset stays broken. */
  cell(name: string): CellLink;
  /** Limits of this deployment that differ from the table's. */
  defaultLimits?: LimitOverrides;
  /** What a shard of this deployment is given before there is another. */
  shardCapacity?: ShardCapacity;
  /** The tenant's load has given it more shards. */
  grown?(from: number, to: number): void;
  /** Runs `task` after `ms` unless that is taken back. Only while something is in flight: it keeps the object awake. */
  later(ms: number, task: () => void): () => void;
  /** The object's one alarm (epoch ms). */
  setAlarm(at: number): void;
  report(message: string, error: unknown): void;
}
