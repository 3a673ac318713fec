import * as z from "zod";
import { success, type Result } from "../../../../contracts/errors.ts";
import { validationFailure } from "../../../../contracts/validation-failure.ts";

/** `Idempotency-Key`: printable ASCII, at most 255 characters. */
export function idempotencyKey(header: string | undefined): Result<string | undefined> {
  if (header === undefined || /^[\x20-\x7e]{1,255}$/.test(header)) return success(header);
  return validationFailure([
    { path: "/Idempotency-Key", message: '"Idempotency-Key" must be 1 to 255 printable ASCII characters.' },
  ]);
}

/** As the OpenAPI document shows it: of a start. */
export const idempotencyHeaders = z.object({
  "Idempotency-Key": z
    .string()
    .min(1)
    .max(255)
    .optional()
    .meta({ description: "Equal requests with one key are one execution, for 24 hours." }),
});

/** Likewise, of an act on an execution. */
export const actHeaders = z.object({
  "Idempotency-Key": z
    .string()
    .min(1)
    .max(255)
    .optional()
    .meta({ description: "With one key it is acted on once, however often that is sent." }),
});
