import { type SQL, sql } from "drizzle-orm";
import type { PgColumn } from "drizzle-orm/pg-core";

/** `now`, or just after what the row says: the times of its writings are in their order, whatever the clocks of who wrote. */
export function later(column: PgColumn, now: Date): SQL {
  return sql`greatest(${column} + interval '1 millisecond', ${now.toISOString()}::timestamptz)`;
}
