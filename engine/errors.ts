import type { JsonObject } from "./json.ts";

/**
 * The error taxonomy a run or a step can end with (language document, section 13).
 * Codes that only the HTTP surface uses stand in `contracts/errors.ts`.
 */
export const RUN_ERROR_CODES = [
  "VALIDATION",
  "UNAVAILABLE",
  "BACKEND_ERROR",
  "TIMEOUT",
  "CANCELED",
  "INTERNAL_ERROR",
  "FORBIDDEN",
  "NOT_FOUND",
  "CONFLICT",
  "PAYLOAD_TOO_LARGE",
  "RATE_LIMITED",
  "QUOTA_EXCEEDED",
] as const;

export type RunErrorCode = (typeof RUN_ERROR_CODES)[number];

/** Codes that no policy retries (section 3). */
export const NEVER_RETRIED: ReadonlySet<string> = new Set(["VALIDATION", "FORBIDDEN", "CANCELED"]);

/** What `retry` repeats when nobody says (section 3): the platform default, and a `retry` without `retry_on`. */
export const DEFAULT_RETRY_ON: readonly string[] = ["UNAVAILABLE", "TIMEOUT", "RATE_LIMITED"];
export const EXPLICIT_RETRY_ON: readonly string[] = [...DEFAULT_RETRY_ON, "BACKEND_ERROR", "INTERNAL_ERROR"];

/** An expected failure as data: what is stored, sent and shown. Never a stack, never a secret. */
export interface RunError {
  code: RunErrorCode;
  message: string;
  details?: JsonObject;
}

/** True when `code` is one of the taxonomy. */
export function isRunErrorCode(code: unknown): code is RunErrorCode {
  return (RUN_ERROR_CODES as readonly unknown[]).includes(code);
}
