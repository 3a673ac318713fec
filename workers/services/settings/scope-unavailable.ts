import type { Failure } from "../../../contracts/errors.ts";
import { validationFailure } from "../../../contracts/validation-failure.ts";

/** A scope that is not enforced yet is refused: whoever writes one relies on it. */
export function scopeUnavailable(): Failure {
  return validationFailure([
    { path: "/scope", message: '"scope" is not available yet: every workflow and connector of the tenant reads it.' },
  ]);
}
