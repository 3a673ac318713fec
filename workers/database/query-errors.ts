import { NeonDbError } from "@neondatabase/serverless";
import { DrizzleQueryError } from "drizzle-orm/errors";

/** SQLSTATE of what a query threw, or null when the database was not reached (drizzle wraps the driver's error). */
export function sqlState(error: unknown): string | null {
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 4; at = at.cause, depth += 1) {
    const code: unknown = Reflect.get(at, "code");
    if (typeof code === "string" && /^[0-9A-Z]{5}$/.test(code)) return code;
  }
  return null;
}

/** A row that must be unique is there already. */
export function isUniqueViolation(error: unknown): boolean {
  return sqlState(error) === "23505";
}

/** What a statement asks with `1 / (case …)`, so that its batch is undone where the answer is no. */
export function isRefusedByGuard(error: unknown): boolean {
  return sqlState(error) === "22012";
}

/** Classes of SQLSTATE that mean "not now": connection, resources, operator intervention, system error. */
const NOT_NOW = new Set(["08", "53", "57", "58"]);

/** True for an error of a query that means the database is down, out of reach or overloaded. */
export function isDatabaseUnavailable(error: unknown): boolean {
  if (!(error instanceof DrizzleQueryError || error instanceof NeonDbError)) return false;
  const state = sqlState(error);
  return state === null || NOT_NOW.has(state.slice(0, 2));
}
