import type { UsageRecord } from "../../../contracts/execution.ts";
import type { LoggedUsage } from "../../../contracts/usage.ts";

export const METERS = ["executions", "step_runs", "compute_ms", "egress_bytes", "ai_tokens"] as const;

export type UsageDifference =
  /** The log of an execution and its records do not say the same. */
  | { kind: "execution"; execution_id: string; logged: UsageRecord; recorded: UsageRecord | null }
  /** An execution is known on one side only. */
  | { kind: "unknown_to_read_model" | "unknown_to_cell"; execution_id: string }
  /** Records that say something else of their execution than the read model. */
  | { kind: "foreign_record"; record: string }
  /** A sum is not that of its records. */
  | { kind: "rollup"; granularity: string; period: string; dimensions: string; summed: string; recorded: string };

/** How what an execution logged differs from what was recorded of it; null when it does not. */
export function usageDifference(logged: LoggedUsage, recorded: UsageRecord | undefined): UsageDifference | null {
  const { execution_id, ...meters } = logged;
  const same = METERS.every((meter) => meters[meter] === (recorded?.[meter] ?? 0));
  return same ? null : { kind: "execution", execution_id, logged: meters, recorded: recorded ?? null };
}
