import type { IncomingHttpHeaders } from "node:http";
import type { QueryResult } from "./query.ts";

/** A result as it goes over the wire: rows as lists or as maps by column, values as text or as JSON. */
export type ShapedResult = Omit<QueryResult, "rows" | "rowAsArray"> & { rows: unknown[]; rowAsArray: boolean };

const BOOL = 16;
const INTEGERS = [21, 23];
const FLOATS = [700, 701];
const JSONS = [114, 3802];

/** Neon's driver asks for text in lists and reads it itself; who does not ask gets JSON values by column. */
export function shapeResult(result: QueryResult, headers: IncomingHttpHeaders): ShapedResult {
  const asArray = headers["neon-array-mode"] === "true";
  const asText = headers["neon-raw-text-output"] === "true";
  const rows = result.rows.map((row) => {
    const values = row.map((text, index) => (asText ? text : readValue(text, result.fields[index]?.dataTypeID ?? 0)));
    if (asArray) return values;
    return Object.fromEntries(result.fields.map(({ name }, index) => [name, values[index]]));
  });
  return { ...result, rows, rowAsArray: asArray };
}

/** As Neon's proxy does: bigint and numeric stay text, because a number of JSON could not hold them. */
function readValue(text: string | null, type: number): unknown {
  if (text === null) return null;
  if (type === BOOL) return text === "t";
  if (INTEGERS.includes(type)) return Number(text);
  if (FLOATS.includes(type)) return Number.isFinite(Number(text)) ? Number(text) : text;
  return JSONS.includes(type) ? JSON.parse(text) : text;
}
