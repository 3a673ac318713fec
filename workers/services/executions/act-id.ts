import { digestOf } from "../../../contracts/canonical-json.ts";
import type { JsonObject } from "../../../engine/json.ts";
import type { ActId } from "../../../engine/run/going-on.ts";
import type { Ports } from "../context.ts";
import { newId } from "../new-id.ts";

/**
 * What makes an act count once. Without the client's Idempotency-Key it has a key of its own: should the object be reset under it, it is
 * asked again, and what had happened then is no refusal.
 */
export function actId(ports: Ports, asked: object, idempotencyKey?: string): ActId {
  const body = digestOf(asked as JsonObject);
  return idempotencyKey === undefined
    ? { key: newId(ports, "request"), body, ours: true }
    : { key: idempotencyKey, body };
}
