import { type Result, success } from "../../../contracts/errors.ts";
import { validationFailure } from "../../../contracts/validation-failure.ts";

const SEQUENCE = /^\d{1,15}$/;

/** Where to go on: a browser that comes back says it in `Last-Event-ID`, which is later than the `after` of its URL. */
export function lastEventId(header: string | undefined, after = 0): Result<number> {
  if (header === undefined || header === "") return success(after);
  if (SEQUENCE.test(header)) return success(Number(header));
  return validationFailure([
    { path: "/Last-Event-ID", message: "Last-Event-ID must be the id of an event: a whole number." },
  ]);
}
