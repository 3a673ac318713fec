import type { RunErrorCode } from "../engine/errors.ts";
import type { JsonObject } from "../engine/json.ts";
import type { ActionResult } from "../engine/run/types.ts";

/** An attempt that did not succeed. */
export type Failed = Extract<ActionResult, { ok: false }>;

/** A failure as a value. `permanent`: trying again cannot help. */
export function failed(code: RunErrorCode, message: string, details: JsonObject, permanent = false): Failed {
  return { ok: false, error: { code, message, details }, ...(permanent ? { permanent: true } : {}) };
}
