import { failure, type Failure } from "../../../contracts/errors.ts";
import { isRefusedByDatabase, isUnavailable } from "../../services/unavailable.ts";
import { refuse } from "./refuse.ts";

function describe(error: unknown): string {
  return error instanceof Error
    ? `${error.name}: ${error.message}\n${error.stack ?? ""}\n${String(error.cause ?? "")}`
    : (JSON.stringify(error) ?? String(error));
}

function failureOf(error: unknown): Failure {
  if (isUnavailable(error)) {
    return {
      ...failure("UNAVAILABLE", "A part of the platform cannot be reached right now. Try again."),
      retryAfter: 1,
    };
  }
  if (isRefusedByDatabase(error)) return failure("VALIDATION", "A value holds characters that cannot be stored.");
  return failure("INTERNAL_ERROR", "Something went wrong on our side. The request id finds it in our logs.");
}

/** The one place where what was thrown becomes an answer: it says nothing but a code and the request's id. */
export function answerError(error: unknown, requestId: string): Response {
  const refusal = failureOf(error);
  console.error(JSON.stringify({ level: "error", request_id: requestId, code: refusal.code, error: describe(error) }));
  return refuse(refusal, requestId);
}
