import { failure, type Failure } from "../../../contracts/errors.ts";
import { betweenReleases } from "../../services/between-releases.ts";
import { damagedArchive } from "../../services/damaged-archive.ts";
import { isRefusedByDatabase, isUnavailable } from "../../services/unavailable.ts";
import { refuse } from "./refuse.ts";

function describe(error: unknown): string {
  return error instanceof Error
    ? `${error.name}: ${error.message}\n${error.stack ?? ""}\n${String(error.cause ?? "")}`
    : (JSON.stringify(error) ?? String(error));
}

function failureOf(error: unknown): Failure {
  const reason = betweenReleases(error);
  if (reason !== undefined) {
    const message =
      reason === "newer_data"
        ? "What this is about was stored by a newer release than the one that runs. Nothing was changed: it goes on with the newer one."
        : "A release is being replaced by another, and this needs both to be the newer one. Try again.";
    return { ...failure("UNAVAILABLE", message, { reason }), retryAfter: 5 };
  }
  if (isUnavailable(error)) {
    return {
      ...failure("UNAVAILABLE", "A part of the platform cannot be reached right now. Try again."),
      retryAfter: 1,
    };
  }
  if (isRefusedByDatabase(error)) return failure("VALIDATION", "A value holds characters that cannot be stored.");
  const damaged = damagedArchive(error);
  if (damaged !== undefined) {
    const message =
      "The execution is archived, and what lies in the archive is not what was put there: it is not served.";
    return failure("INTERNAL_ERROR", message, { reason: "archive_damaged", archive: damaged });
  }
  return failure("INTERNAL_ERROR", "Something went wrong on our side. The request id finds it in our logs.");
}

/** The one place where what was thrown becomes an answer: it says nothing but a code and the request's id. */
export function answerError(error: unknown, requestId: string): Response {
  const refusal = failureOf(error);
  console.error(JSON.stringify({ level: "error", request_id: requestId, code: refusal.code, error: describe(error) }));
  return refuse(refusal, requestId);
}
