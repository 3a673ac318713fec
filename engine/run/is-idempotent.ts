import type { PinnedAction } from "../connector.ts";
import { isObject, type Json } from "../json.ts";

/** Whether one more call with this input does no harm (section 20): by the action, or by the method that the input names. */
export function isIdempotent(
  { idempotent, idempotentWith }: Pick<PinnedAction, "idempotent" | "idempotentWith">,
  input: Json | undefined,
): boolean {
  if (idempotent || idempotentWith === undefined) return idempotent;
  const { member, methods, otherwise } = idempotentWith;
  const method = isObject(input) ? input[member] : undefined;
  if (method === undefined) return otherwise;
  return typeof method === "string" && methods.includes(method.toUpperCase());
}
