import { type Failure, type Result, success } from "./errors.ts";
import { validationFailure } from "./validation-failure.ts";
import type { Json } from "../engine/json.ts";
import { pointerTo } from "../engine/source/tree.ts";

/** As deep as any value here may nest. */
const MAX_DEPTH = 64;

/** The pointer of the first place that nests too deep or is named `__proto__`, and what is wrong there. */
function fault(value: Json, pointer: string, depth: number): { path: string; message: string } | null {
  if (value === Number.POSITIVE_INFINITY || value === Number.NEGATIVE_INFINITY) {
    return { path: pointer, message: "The number is too large to be kept." };
  }
  if (typeof value !== "object" || value === null) return null;
  if (depth > MAX_DEPTH) return { path: pointer, message: `The body is nested deeper than ${MAX_DEPTH} levels.` };
  for (const [key, member] of Object.entries(value)) {
    const own = pointerTo(pointer, key);
    if (key === "__proto__") return { path: own, message: 'A member must not be named "__proto__".' };
    const inner = fault(member, own, depth + 1);
    if (inner !== null) return inner;
  }
  return null;
}

export function emptyBody(): Failure {
  return validationFailure([{ path: "", message: "The body is empty." }]);
}

/** JSON text → a value that is safe to walk. */
export function parseJson(text: string): Result<Json> {
  let value: Json;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const why = error instanceof Error ? error.message.replaceAll(/\p{Cc}/gu, " ").slice(0, 200) : "";
    return validationFailure([{ path: "", message: `The body is not valid JSON: ${why}` }]);
  }
  const problem = fault(value, "", 1);
  return problem === null ? success(value) : validationFailure([problem]);
}
