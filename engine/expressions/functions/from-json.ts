import type { Json } from "../../json.ts";
import { ExpressionError } from "../expression-error.ts";
import { LIMITS, limitError } from "../limits.ts";
import type { Run } from "../run.ts";
import { put } from "../values.ts";

/** Parses JSON text; what it gives is held to the bounds of data that an expression builds. */
export function fromJson(text: string, run: Run): Json {
  run.spend(1 + (text.length >> 10));
  let parsed: Json;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw new ExpressionError("fromjson was given text that is not JSON");
  }
  check(parsed, run, 0);
  return parsed;
}

function check(value: Json, run: Run, depth: number): void {
  run.spend(1);
  if (typeof value === "number" && !Number.isFinite(value))
    throw new ExpressionError("fromjson was given a number that is too large");
  if (value === null || typeof value !== "object") return;
  if (depth >= LIMITS.depth) throw limitError("depth");
  if (Array.isArray(value)) for (const item of value) check(item, run, depth + 1);
  else {
    for (const key of Object.keys(value)) {
      put({}, key, null);
      check(value[key] ?? null, run, depth + 1);
    }
  }
}
