import type { SqlValue } from "../sqlite-migrations.ts";

/*
 * What the columns of a cell hold, as it wrote it itself.
 */

/** JSON, read back as the type it was written from. */
export function parse<T>(value: SqlValue | undefined): T {
  return JSON.parse(text(value)) as T;
}

export function text(value: SqlValue | undefined): string {
  return String(value ?? "");
}

export function numberOrNull(value: SqlValue | undefined): number | null {
  return value === null || value === undefined ? null : Number(value);
}
