import type { Result } from "../../contracts/errors.ts";
import type { ExecutionRecord } from "../../contracts/execution.ts";
import type { ActId } from "../../engine/run/going-on.ts";
import type { RunCommand } from "../../engine/run/types.ts";
import { answerToAct } from "./answer-to-act.ts";
import type { CellStorage } from "./cell-storage.ts";
import type { StoredHead } from "./execution-head.ts";
import { foldStored } from "./fold-stored.ts";
import type { PlanCache } from "./plan-cache.ts";
import { takenBefore } from "./taken-before.ts";

/** Keys that are kept of acts on one ended execution: a repeat comes soon, or never. */
const MOST_KEPT = 100;

/**
 * What whoever steered an execution that has ended is told. An act that is taken although nothing was left to change (a cancel of what is
 * canceled) keeps its key: sent again after a retry, it must not end what goes on. The log is closed, so the key stands in the head.
 * `hasMore` tells the archive that.
 */
export function answerAfterEnd(
  storage: CellStorage,
  plans: PlanCache,
  command: RunCommand,
  record: ExecutionRecord,
  hasMore: (executionId: string) => void,
): Result<ExecutionRecord> {
  const stored = foldStored(storage, plans, record.execution_id);
  const before = stored && takenBefore(stored.state, command);
  const answer = answerToAct(command, record, false, before);
  const act = "act" in command ? command.act : undefined;
  if (answer.ok && stored && act && !act.ours && before === undefined) keepKey(storage, stored.head, act, hasMore);
  return answer;
}

function keepKey(
  storage: CellStorage,
  head: StoredHead,
  { key, body }: ActId,
  hasMore: (executionId: string) => void,
): void {
  if (storage.execution(head.executionId)?.finishedAt === null) return;
  const noted = [...(head.noted ?? []), { key, body }].slice(-MOST_KEPT);
  storage.atomically(() => {
    storage.putHead(head.executionId, JSON.stringify({ ...head, noted }));
    hasMore(head.executionId);
  });
}
