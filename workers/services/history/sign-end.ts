import type { ChainLink, LogEnd } from "../../../contracts/execution-history.ts";
import type { Receipt } from "../../../receipts/receipt.ts";
import type { Ports } from "../context.ts";

/** The receipt of a log up to its end, as it is now; null where the deployment has no key for receipts. */
export async function signEnd(
  { receiptKeys, now }: Ports,
  executionId: string,
  { seq, hash }: ChainLink,
  { status, runAttempt, workflow }: LogEnd,
): Promise<Receipt | null> {
  if (!receiptKeys) return null;
  return receiptKeys.sign({
    execution_id: executionId,
    workflow,
    run_attempt: runAttempt,
    status,
    events: seq,
    head: hash,
    signed_at: new Date(now()).toISOString(),
  });
}
