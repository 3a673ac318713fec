import { AUTH_TYPES, type AuthType } from "../../../engine/auth-type.ts";

/** A stored type, as the API names it. */
export function connectionTypeOf(stored: string): AuthType {
  return AUTH_TYPES.find((type) => type === stored) ?? "NONE";
}
