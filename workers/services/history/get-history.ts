import { success, type Result } from "../../../contracts/errors.ts";
import type { LogEnd } from "../../../contracts/execution-history.ts";
import { validationFailure } from "../../../contracts/validation-failure.ts";
import type { Receipt } from "../../../receipts/receipt.ts";
import type { Context } from "../context.ts";
import { type ChainedEvent, ChainedLog } from "./chained-log.ts";
import { logSource } from "./log-source.ts";
import { signEnd } from "./sign-end.ts";

export interface HistoryAnswer {
  execution_id: string;
  data: ChainedEvent[];
  last: number;
  has_more: boolean;
  receipt: Receipt | null;
}

/** Events after `after`, at most `limit`, each with its hash; where they reach the end of the log, the receipt of it. */
export async function getHistory(
  context: Context,
  executionId: string,
  { after, limit }: { after: number; limit: number },
): Promise<Result<HistoryAnswer>> {
  const source = logSource(context, executionId);
  if (!source.ok) return source;
  const log = new ChainedLog(source.value);
  let data: ChainedEvent[] = [];
  let end: LogEnd | null = null;
  do {
    const part = await log.next(after, after + limit);
    if (!part.ok) return part;
    data = part.value.events.filter(({ id }) => id > after);
    end = part.value.end;
  } while (data.length === 0 && end === null);
  if (after > log.head.seq)
    return validationFailure([{ path: "/after", message: "This execution has no event with this id." }]);
  const receipt = end && (await signEnd(context.ports, executionId, log.head, end));
  context.background(log.keep(receipt !== null));
  const last = data.at(-1)?.id ?? after;
  return success({ execution_id: executionId, data, last, has_more: end === null, receipt });
}
