import type { UsageRow } from "../../../contracts/api/usage.ts";
import { METERS } from "./usage-difference.ts";

/** As a table (RFC 4180): one line for the names, one for each row. */
export function usageCsv(rows: readonly UsageRow[]): string {
  const lines = [
    ["period", "group", ...METERS],
    ...rows.map((row) => [row.period, row.group ?? "", ...METERS.map((meter) => row[meter])]),
  ];
  return lines.map((line) => `${line.map((cell) => csvCell(String(cell))).join(",")}\r\n`).join("");
}

/** A sheet must not take a name for a formula: such a cell begins with an apostrophe. */
function csvCell(text: string): string {
  const safe = /^[=+@\t\r]/.test(text) || /^-(?!\d+$)/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
