import type { Failure } from "../../../contracts/errors.ts";
import type { Json } from "../../../engine/json.ts";
import type { Context } from "../context.ts";
import { newId } from "../new-id.ts";
import { act } from "./act.ts";
import { actId } from "./act-id.ts";

/** An event for this execution alone. Its id makes it count once, however often it is delivered; an Idempotency-Key, however often it is sent. */
export async function sendEvent(
  context: Context,
  executionId: string,
  event: { name: string; payload: Json; channel?: string },
  idempotencyKey?: string,
): Promise<Failure | undefined> {
  const id = newId(context.ports, "event");
  const once =
    idempotencyKey === undefined ? undefined : actId(context.ports, { type: "signal", ...event }, idempotencyKey);
  const after = await act(context, executionId, {
    type: "signal",
    ...event,
    id,
    actor: context.caller.keyId,
    ...(once ? { act: once } : {}),
  });
  return after.ok ? undefined : after;
}
