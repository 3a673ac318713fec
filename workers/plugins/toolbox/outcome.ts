import type { RunError } from "../../../engine/errors.ts";
import type { Json, JsonObject } from "../../../engine/json.ts";
import type { LogLine } from "../../../engine/run/log-line.ts";

/** What a toolbox function answers: a value, or a refusal of its input. */
export type Outcome = { ok: true; output: Json; logs?: LogLine[] } | { ok: false; error: RunError };

/** One action: takes input that was already validated and has its defaults. A promise where a library is read at first use. */
export type ToolFunction = (input: JsonObject) => Outcome | Promise<Outcome>;

export function done(output: Json): Outcome {
  return { ok: true, output };
}

export function refuse(message: string, details?: JsonObject): Extract<Outcome, { ok: false }> {
  return { ok: false, error: details ? { code: "VALIDATION", message, details } : { code: "VALIDATION", message } };
}
