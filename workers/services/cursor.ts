import type { Json } from "../../engine/json.ts";
import { isCleanText } from "../../contracts/clean-text.ts";
import type { Failure } from "../../contracts/errors.ts";
import { validationFailure } from "../../contracts/validation-failure.ts";

/** Where the next page begins, opaque to clients. */
export function encodeCursor(position: Json): string {
  return btoa(JSON.stringify(position)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** The texts that were encoded, or null when this is no cursor of ours with `length` of them. */
export function decodeCursor(cursor: string, length: number): string[] | null {
  try {
    const position: unknown = JSON.parse(atob(cursor.replaceAll("-", "+").replaceAll("_", "/")));
    const texts = Array.isArray(position) ? position.filter((it) => typeof it === "string") : [];
    return texts.length === length && texts.every(isCleanText) ? texts : null;
  } catch {
    return null;
  }
}

export function badCursor(member = "cursor"): Failure {
  return validationFailure([{ path: `/${member}`, message: `"${member}" is not one that was answered here.` }]);
}
