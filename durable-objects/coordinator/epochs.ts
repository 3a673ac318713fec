import type { Epoch, StoredHead } from "./execution-head.ts";

/** The head of an execution that goes on, from its next event `seq` on, with `plan` as run attempt `runAttempt`. */
export function withEpoch(head: StoredHead, before: string, next: Epoch): StoredHead {
  const epochs = head.epochs ?? [{ seq: 1, plan: before, runAttempt: head.runAttempt }];
  return { ...head, runAttempt: next.runAttempt, epochs: [...epochs, next] };
}

/** The run attempt that an event belongs to. */
export function runAttemptAt({ epochs, runAttempt }: StoredHead, seq: number): number {
  return epochs?.findLast((epoch) => epoch.seq <= seq)?.runAttempt ?? epochs?.[0]?.runAttempt ?? runAttempt;
}

/** The digest of the plan that an event was lived with; `newest`: of its row. */
export function planAt({ epochs }: Pick<StoredHead, "epochs">, newest: string, seq: number): string {
  return epochs?.findLast((epoch) => epoch.seq <= seq)?.plan ?? epochs?.[0]?.plan ?? newest;
}
