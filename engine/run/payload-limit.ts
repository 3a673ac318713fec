import { utf8Length } from "../expressions/limits.ts";
import type { RunError } from "../errors.ts";
import type { Json } from "../json.ts";

/** An output larger than this is refused: a run's storage and memory are bounded (section 15). */
export const INLINE_BYTES = 1_048_576;

/** Why the output of a step cannot be kept, whoever gave it; undefined when it can. */
export function outputRefusal(output: Json): RunError | undefined {
  if (!isLarge(output)) return undefined;
  return {
    code: "PAYLOAD_TOO_LARGE",
    message: `The step's output is larger than ${INLINE_BYTES} bytes`,
    details: { limit: "payload_bytes", max: INLINE_BYTES },
  };
}

/** Larger than what a log holds: a host keeps it elsewhere, or refuses it. */
export function isLarge(output: Json): boolean {
  if (typeof output !== "object" && typeof output !== "string") return false;
  const text = JSON.stringify(output);
  return text.length * 3 > INLINE_BYTES && utf8Length(text) > INLINE_BYTES;
}
