import type { RunError } from "../../../engine/errors.ts";
import type { Json, JsonObject } from "../../../engine/json.ts";
import type { LogLine } from "../../../engine/run/types.ts";

/** What a toolbox function answers: a value, or a refusal of its input. */
export type Outcome = { ok: true; output: Json; logs?: LogLine[] } | { ok: false; error: RunError };

/** One action: takes input that was already validated and has its defaults. */
export type ToolFunction = (input: JsonObject) => Outcome;

export function done(output: Json): Outcome {
  return { ok: true, output };
}

export function refuse(message: string, details?: JsonObject): Outcome {
  return { ok: false, error: details ? { code: "VALIDATION", message, details } : { code: "VALIDATION", message } };
}
