import { usageRecord } from "../../contracts/execution-record.ts";
import type { LoggedUsageQuery } from "../../contracts/rpc.ts";
import type { LoggedUsage } from "../../contracts/usage.ts";
import type { CellStorage } from "./cell-storage.ts";
import { foldStored } from "./fold-stored.ts";
import type { PlanCache } from "./plan-cache.ts";

/**
 * What executions have used, by folding their stored logs: the engine's own account, which shares no code with the one that
 * makes records. For the audit.
 */
export function loggedUsage(storage: CellStorage, plans: PlanCache, query: LoggedUsageQuery): LoggedUsage[] {
  const ids = "ids" in query ? query.ids : storage.executionIds(query.after, query.limit, query.createdSince ?? 0);
  return ids.flatMap((id) => {
    const stored = foldStored(storage, plans, id);
    return stored ? [{ execution_id: id, ...usageRecord(stored.state) }] : [];
  });
}
