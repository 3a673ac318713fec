import type { Failure } from "../../../contracts/errors.ts";
import type { Json } from "../../../engine/json.ts";
import type { Context } from "../context.ts";
import { act } from "./act.ts";
import { actId } from "./act-id.ts";

/** How long a sender waits for room in a mailbox that blocks, when it does not say. */
const DEFAULT_WAIT_MS = 10_000;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 1_000;

/** The mailbox is full, and its rule is that senders wait. With `reject` they are told at once. */
function isBlocked({ code, details }: Failure): boolean {
  return code === "RATE_LIMITED" && details?.overflow === "block";
}

/** A message for a node of a long-running graph. A refused one has left nothing behind, so it may be sent again; with an Idempotency-Key any may. */
export async function sendMessage(
  context: Context,
  executionId: string,
  { node, payload, waitMs = DEFAULT_WAIT_MS }: { node: string; payload: Json; waitMs?: number },
  idempotencyKey?: string,
): Promise<Failure | undefined> {
  const { ports, caller } = context;
  const actor = caller.keyId;
  const asked = { type: "message" as const, node, payload };
  const once = idempotencyKey === undefined ? {} : { act: actId(ports, asked, idempotencyKey) };
  const until = ports.now() + waitMs;
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
    const after = await act(context, executionId, { ...asked, actor, ...once });
    if (after.ok) return undefined;
    const leftMs = until - ports.now();
    if (!isBlocked(after) || leftMs <= 0) return after;
    await ports.wait(Math.min(pauseMs, leftMs));
  }
}
