import type { Plan } from "../../engine/plan/types.ts";
import { fold } from "../../engine/run/apply.ts";
import type { RunState } from "../../engine/run/state.ts";
import type { CellStorage } from "./cell-storage.ts";
import type { StoredHead } from "./execution-head.ts";
import type { PlanCache } from "./plan-cache.ts";

/** An execution as its stored log says it; null when it is not here. */
export function foldStored(
  storage: CellStorage,
  plans: PlanCache,
  executionId: string,
): { head: StoredHead; plan: Plan; state: RunState } | null {
  const row = storage.execution(executionId);
  if (!row) return null;
  const plan = plans.find(row.plan);
  if (!plan) throw new Error(`execution ${executionId} has no stored plan`);
  const head = JSON.parse(row.head) as StoredHead;
  const identity = { executionId, runAttempt: head.runAttempt };
  return { head, plan, state: fold(plan, identity, storage.log(executionId)) };
}
