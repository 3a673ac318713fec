import { OBJECTS_UNAVAILABLE } from "../../contracts/objects-unavailable.ts";
import { isDatabaseUnavailable, sqlState } from "../database/query-errors.ts";
import { isObjectReset, ObjectUnavailable } from "./object-calls.ts";

/** Thrown because Postgres, an object or the object storage cannot be reached: worth another try, nobody's mistake. */
export function isUnavailable(error: unknown): boolean {
  if (error instanceof ObjectUnavailable || isDatabaseUnavailable(error)) return true;
  // An object's error comes with its message alone.
  if (error instanceof Error && error.message.includes(OBJECTS_UNAVAILABLE)) return true;
  return (
    typeof error === "object" && error !== null && Reflect.get(error, "retryable") === true && isObjectReset(error)
  );
}

/** Postgres could not store a value (SQLSTATE class 22): the edge let something through that it should have named. */
export function isRefusedByDatabase(error: unknown): boolean {
  return sqlState(error)?.startsWith("22") ?? false;
}
