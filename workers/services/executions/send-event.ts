import type { Failure } from "../../../contracts/errors.ts";
import type { Json } from "../../../engine/json.ts";
import type { Context } from "../context.ts";
import { newId } from "../new-id.ts";
import { act } from "./act.ts";

/** An event for this execution alone. Its id makes it count once, however often it is delivered. */
export async function sendEvent(
  context: Context,
  executionId: string,
  event: { name: string; payload: Json; channel?: string },
): Promise<Failure | undefined> {
  const id = newId(context.ports, "event");
  const after = await act(context, executionId, { type: "signal", ...event, id });
  return after.ok ? undefined : after;
}
