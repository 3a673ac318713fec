import type { Json } from "../json.ts";
import { ExpressionError } from "./expression-error.ts";
import type { Read } from "./run.ts";
import { LazyMap } from "./types.ts";
import { isSecret, refuseSecret } from "./values.ts";

/**
 * A member of a map by name, an item of a list or a character of a text by index (negative from the end); undefined when there is
 * none. Own members only: what a prototype has is not there. A secret has no members.
 */
export function memberOf(value: Json, key: string | number): Json | undefined;
export function memberOf(value: Read, key: string | number): Read;
export function memberOf(value: Read, key: string | number): Read {
  if (typeof value !== "object" || value === null)
    return typeof value === "string" && typeof key === "number" ? character(value, key) : undefined;
  if (value instanceof LazyMap) return value.get(String(key));
  if (Array.isArray(value)) return typeof key === "number" ? value[key < 0 ? value.length + key : key] : undefined;
  const name = typeof key === "number" ? String(key) : key;
  if (Object.hasOwn(value, name) && name !== "$secret") return value[name];
  if (isSecret(value)) refuseSecret(value, "to read its members");
  return undefined;
}

function character(text: string, index: number): string | undefined {
  const characters = Array.from(text);
  return characters[index < 0 ? characters.length + index : index];
}

/** A computed key: text or a number. Anything else is an error, a secret above all. */
export function asKey(read: Read): string | number {
  if (typeof read === "string" || typeof read === "number") return read;
  refuseSecret(read, "as a key");
  throw new ExpressionError("A member is read by text or a whole number");
}
