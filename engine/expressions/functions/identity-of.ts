import type { Json } from "../../json.ts";
import { limitError, WALKED_DEPTH } from "../limits.ts";
import type { Run } from "../run.ts";
import { refuseSecret } from "../values.ts";

/** A text that two values share exactly when they are equal: JSON with sorted members. */
export function identityOf(run: Run, value: Json, depth = 0): string {
  if (value === null || typeof value !== "object") {
    if (typeof value === "string") run.spend(value.length >> 10);
    return JSON.stringify(value === 0 ? 0 : value);
  }
  if (depth > WALKED_DEPTH) throw limitError("depth");
  refuseSecret(value, "in a comparison");
  if (Array.isArray(value)) {
    run.spend(value.length);
    return `[${value.map((item) => identityOf(run, item, depth + 1)).join(",")}]`;
  }
  const keys = Object.keys(value).sort();
  run.spend(keys.length);
  return `{${keys.map((key) => `${JSON.stringify(key)}:${identityOf(run, value[key] ?? null, depth + 1)}`).join(",")}}`;
}
