import { utf8Length } from "../expressions/limits.ts";
import type { RunError } from "../errors.ts";
import type { Json } from "../json.ts";

/** An output larger than this is refused: a run's storage and memory are bounded (section 15). */
const MAX_OUTPUT_BYTES = 1_048_576;

/** Why the output of a step cannot be kept, whoever gave it; undefined when it can. */
export function outputRefusal(output: Json): RunError | undefined {
  if (typeof output !== "object" && typeof output !== "string") return undefined;
  const text = JSON.stringify(output);
  if (text.length * 3 <= MAX_OUTPUT_BYTES || utf8Length(text) <= MAX_OUTPUT_BYTES) return undefined;
  return {
    code: "PAYLOAD_TOO_LARGE",
    message: `The step's output is larger than ${MAX_OUTPUT_BYTES} bytes`,
    details: { limit: "payload_bytes", max: MAX_OUTPUT_BYTES },
  };
}
