import type { Plan } from "../../engine/plan/types.ts";
import { apply } from "../../engine/run/apply.ts";
import { newRun } from "../../engine/run/new-run.ts";
import type { RunState } from "../../engine/run/state.ts";
import { LargeReader } from "../archive/large-reader.ts";
import type { CellStorage } from "./cell-storage.ts";
import type { StoredHead } from "./execution-head.ts";
import type { PlanCache } from "./plan-cache.ts";

/** An execution as its stored log says it; null when it is not here. Of what is large only the shape is there, unless `large` is given. */
export function foldStored(
  storage: CellStorage,
  plans: PlanCache,
  executionId: string,
  large = new LargeReader(storage, executionId, "shapes"),
): { head: StoredHead; plan: Plan; state: RunState } | null {
  const row = storage.execution(executionId);
  if (!row) return null;
  const head = JSON.parse(row.head) as StoredHead;
  const planOf = (digest: string): Plan => {
    const plan = plans.find(digest);
    if (!plan) throw new Error(`execution ${executionId} has no stored plan`);
    return plan;
  };
  // Each part of its log is folded by the plan that it was lived with.
  const [first, ...later] = head.epochs ?? [{ seq: 1, plan: row.plan, runAttempt: head.runAttempt }];
  const state = newRun({ executionId, runAttempt: first?.runAttempt ?? 1 });
  let plan = planOf(first?.plan ?? row.plan);
  for (const event of storage.log(executionId, large)) {
    if (later[0] && event.seq >= later[0].seq) plan = planOf(later.shift()?.plan ?? row.plan);
    apply(plan, state, event);
  }
  for (const { key, body } of head.noted ?? []) state.acts.set(key, body);
  return { head, plan, state };
}
