import type { RunErrorCode } from "../engine/errors.ts";
import type { Json, JsonObject } from "../engine/json.ts";

/** Every code an answer can carry, with its HTTP status (language document, section 13). */
export const HTTP_STATUS = {
  VALIDATION: 400,
  UNAUTHENTICATED: 401,
  QUOTA_EXCEEDED: 402,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  CONFLICT: 409,
  PAYLOAD_TOO_LARGE: 413,
  RATE_LIMITED: 429,
  CANCELED: 409,
  INTERNAL_ERROR: 500,
  BACKEND_ERROR: 502,
  UNAVAILABLE: 503,
  TIMEOUT: 504,
} as const satisfies Record<RunErrorCode | "UNAUTHENTICATED", number>;

export type ErrorCode = keyof typeof HTTP_STATUS;

/** The body of every refused request. */
export interface ErrorBody {
  status: "error";
  code: ErrorCode;
  message: string;
  details?: JsonObject;
  request_id: string;
}

/** An expected failure of a service or an RPC, as a value: crosses Worker boundaries as plain data. */
export interface Failure {
  ok: false;
  code: ErrorCode;
  message: string;
  details?: Record<string, Json>;
  /** Seconds, for 409/429/503. */
  retryAfter?: number;
  /** Overrides the code's usual status: 405, 406, 415. */
  status?: number;
}

export type Result<T> = { ok: true; value: T } | Failure;

/** Builds a Failure. */
export function failure(code: ErrorCode, message: string, details?: Record<string, Json>): Failure {
  return details ? { ok: false, code, message, details } : { ok: false, code, message };
}

/** Builds a success. */
export function success<T>(value: T): { ok: true; value: T } {
  return { ok: true, value };
}
