import type { Json, JsonObject } from "../json.ts";
import { isObject } from "../json.ts";
import { limitError, WALKED_DEPTH } from "./limits.ts";

interface Marked {
  $secret: JsonObject;
}

/** Visits the outermost marked secrets of a value until `visit` says true; gives whether it did. */
export function walkSecrets(value: Json, visit: (secret: Marked) => boolean, depth = 0): boolean {
  if (value === null || typeof value !== "object") return false;
  if (depth > WALKED_DEPTH) throw limitError("depth");
  if (Array.isArray(value)) return value.some((item) => walkSecrets(item, visit, depth + 1));
  if (Object.hasOwn(value, "$secret")) return visit({ $secret: isObject(value.$secret) ? value.$secret : {} });
  for (const key of Object.keys(value)) if (walkSecrets(value[key] ?? null, visit, depth + 1)) return true;
  return false;
}
