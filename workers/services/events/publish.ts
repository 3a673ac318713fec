import type { KeyedEventBody, PublishedEvent } from "../../../contracts/api/keyed-events.ts";
import { failure, success, type Result } from "../../../contracts/errors.ts";
import type { KeyedEvent } from "../../../contracts/rpc.ts";
import { LIMITS } from "../../../contracts/limits.ts";
import { validationFailure } from "../../../contracts/validation-failure.ts";
import { durationMs } from "../../../engine/definition/duration.ts";
import { containsSecret } from "../../../engine/expressions/index.ts";
import type { Context } from "../context.ts";
import { newId } from "../new-id.ts";
import { onTenant } from "../object-calls.ts";
import { chainDepth } from "./chain-depth.ts";
import { publishTriggerEvent } from "../triggers/publish-event.ts";

const DEFAULT_TTL = "7d";
/** As JSON it may take more than it took in the request: `1e20` is written out. */
const MOST_PAYLOAD_BYTES = LIMITS.payload_bytes.default;

function refuse(path: string, message: string) {
  return validationFailure([{ path, message }]);
}

/** An event without a key is for triggers: nobody waits for it, and it is not kept. */
async function startWorkflows(
  context: Context,
  body: KeyedEventBody,
  publisher: string | undefined,
): Promise<Result<PublishedEvent>> {
  for (const member of ["ttl", "channel"] as const)
    if (body[member] !== undefined) return refuse(`/${member}`, `"${member}" is for events with a key.`);
  const { name, payload = null, source = "api" } = body;
  const id = body.id ?? newId(context.ports, "event");
  const depth = await chainDepth(context, publisher);
  const event = { id, name, source, payload, at: context.ports.now(), depth };
  const taken = await publishTriggerEvent(context.ports, context.caller, event);
  return taken.ok ? success({ event_id: id, delivered: 0, triggered: taken.value }) : taken;
}

/**
 * Hands an event to the executions that wait for its key, or keeps it for the first that comes (section 20). Without a key it
 * starts workflows. `publisher`: the execution that publishes it, where one does.
 */
export async function publishEvent(
  context: Context,
  body: KeyedEventBody,
  publisher?: string,
): Promise<Result<PublishedEvent>> {
  const { name, key, payload = null, ttl = DEFAULT_TTL, channel } = body;
  if (containsSecret(payload))
    return refuse("/payload", 'A member must not be named "$secret": it marks the platform\'s own secrets.');
  if (new TextEncoder().encode(JSON.stringify(payload)).length > MOST_PAYLOAD_BYTES)
    return failure("PAYLOAD_TOO_LARGE", `The payload is larger than ${MOST_PAYLOAD_BYTES} bytes.`, {
      limit: "payload_bytes",
      max_bytes: MOST_PAYLOAD_BYTES,
    });
  if (key === undefined) return startWorkflows(context, body, publisher);
  for (const member of ["id", "source"] as const)
    if (body[member] !== undefined) return refuse(`/${member}`, `"${member}" is for events without a key.`);
  const { ports, caller } = context;
  // One id, however often the object has to be called: it takes an event once.
  const event: KeyedEvent = {
    id: newId(ports, "event"),
    name,
    key,
    payload,
    ...(channel === undefined ? {} : { channel }),
    expiresAt: ports.now() + (durationMs(ttl) ?? 0),
  };
  const delivered = await onTenant(ports, caller, (tenant) => tenant.publishEvent(event));
  return delivered.ok ? success({ event_id: event.id, delivered: delivered.value }) : delivered;
}
