import { failure, success, type Failure, type Result } from "../../../contracts/errors.ts";
import type { LogEnd } from "../../../contracts/execution-history.ts";
import type { Receipt } from "../../../receipts/receipt.ts";
import type { Context } from "../context.ts";
import { ChainedLog } from "./chained-log.ts";
import { logSource } from "./log-source.ts";
import { signEnd } from "./sign-end.ts";

/** The signed head of an execution's log as it is now, without its events. */
export async function getReceipt(context: Context, executionId: string): Promise<Result<Receipt>> {
  const source = logSource(context, executionId);
  if (!source.ok) return source;
  const log = new ChainedLog(source.value);
  let end: LogEnd | null = null;
  while (end === null) {
    const part = await log.next(Number.MAX_SAFE_INTEGER);
    if (!part.ok) return part;
    end = part.value.end;
  }
  const receipt = await signEnd(context.ports, executionId, log.head, end);
  if (!receipt) return noKey();
  context.background(log.keep(true));
  return success(receipt);
}

function noKey(): Failure {
  return failure("UNAVAILABLE", "This deployment signs no receipts: its operator has to set RECEIPT_KEYS.");
}
