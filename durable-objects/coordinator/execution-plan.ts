import type { ExecutionPlan } from "../../contracts/rpc.ts";
import type { CellStorage } from "./cell-storage.ts";
import type { Residents } from "./residents.ts";

/** The version that an execution runs in, whole; null when it is not here. */
export async function executionPlan(
  storage: CellStorage,
  residents: Residents,
  executionId: string,
): Promise<ExecutionPlan | null> {
  const digest = storage.execution(executionId)?.plan;
  const source = digest === undefined ? undefined : storage.plan(digest);
  if (digest === undefined || !source) return null;
  return residents.read(executionId, ({ published = false }, _plan, { inputs }) => ({
    digest,
    source,
    inputs,
    published,
  }));
}
