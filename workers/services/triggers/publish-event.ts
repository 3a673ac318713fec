import type { Result } from "../../../contracts/errors.ts";
import type { Owner } from "../../../contracts/placement.ts";
import type { TriggerEvent } from "../../../contracts/triggers-rpc.ts";
import type { Ports } from "../context.ts";
import { onTriggers } from "../object-calls.ts";

/**
 * Hands an event to the event triggers of an owner; durable when it answers how many took it. Repeating it with the same id
 * starts nothing again, so a bridge (Kafka) may deliver at least once.
 */
export function publishTriggerEvent(ports: Ports, owner: Owner, event: TriggerEvent): Promise<Result<number>> {
  return onTriggers(ports, owner, (triggers) => triggers.publish(event));
}
