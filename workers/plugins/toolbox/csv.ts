import { isObject, type Json, type JsonObject } from "../../../engine/json.ts";
import { done, type Outcome, refuse, type ToolFunction } from "./outcome.ts";
import { asText, atPath, listOf, textOf } from "./read-input.ts";

/** Read at the first use: most isolates of the toolbox never see a CSV text. */
const library = async () => (await import("papaparse")).default;

interface Table {
  columns: string[];
  rows: string[][];
  delimiter: string;
}

/** Every name once: what stands twice gets a number, so that no column is lost. */
function namesOf(header: string[]): string[] {
  const seen = new Map<string, number>();
  const taken = new Set(header);
  return header.map((written, index) => {
    const name = written === "" ? `column_${index + 1}` : written;
    const uses = (seen.get(name) ?? 0) + 1;
    seen.set(name, uses);
    if (uses === 1) return name;
    let numbered = `${name}_${uses}`;
    while (taken.has(numbered)) numbered = `${numbered}_`;
    taken.add(numbered);
    return numbered;
  });
}

async function read(input: JsonObject): Promise<Table | Extract<Outcome, { ok: false }>> {
  const papa = await library();
  const text = textOf(input, "text").replace(/^\uFEFF/, "");
  const { data, errors, meta } = papa.parse<string[]>(text, {
    delimiter: textOf(input, "delimiter"),
    quoteChar: textOf(input, "quote", '"'),
    skipEmptyLines: input.keep_empty === true ? false : "greedy",
  });
  const broken = errors.find(({ type }) => type === "Quotes");
  if (broken) return refuse(`Row ${(broken.row ?? 0) + 1}: ${broken.message}`, { field: "text" });
  const header = input.header !== false;
  const widest = data.reduce((width, row) => Math.max(width, row.length), 0);
  const columns = header ? namesOf(data[0] ?? []) : Array.from({ length: widest }, (_, index) => `column_${index + 1}`);
  if (columns.includes("__proto__")) return refuse("A column cannot be named __proto__", { field: "text" });
  const rows = header ? data.slice(1) : data;
  const ragged = input.ragged === true ? -1 : rows.findIndex((row) => row.length !== columns.length);
  if (ragged >= 0) {
    const message = `Row ${ragged + (header ? 2 : 1)} has ${rows[ragged]?.length ?? 0} fields, and there are ${columns.length} columns`;
    return refuse(`${message}; \`ragged: true\` takes it as it is`, { field: "text" });
  }
  return { columns, rows, delimiter: meta.delimiter };
}

const NUMBER = /^-?(?:0|[1-9]\d{0,14})(?:\.\d{1,15})?(?:[eE][+-]?\d{1,2})?$/;

/** A field as what it looks like. `007` and numbers longer than a number can be stay text. */
function typed(field: string): Json {
  if (NUMBER.test(field)) return Number(field);
  if (/^(?:true|false)$/i.test(field)) return field.toLowerCase() === "true";
  return field === "" ? null : field;
}

async function parse(input: JsonObject): Promise<Outcome> {
  const table = await read(input);
  if ("ok" in table) return table;
  const { columns, rows, delimiter } = table;
  const value = (field: string | undefined) => (input.typed === true ? typed(field ?? "") : (field ?? ""));
  const made = rows.map(
    (row): Json =>
      input.header === false
        ? row.map(value)
        : Object.fromEntries(columns.map((name, index) => [name, value(row[index])])),
  );
  return done({ rows: made, columns, count: made.length, delimiter });
}

async function inspect(input: JsonObject): Promise<Outcome> {
  const table = await read({ ...input, ragged: true });
  if ("ok" in table) return table;
  const ragged = table.rows.filter((row) => row.length !== table.columns.length).length;
  return done({
    columns: table.columns,
    count: table.rows.length,
    ragged,
    delimiter: table.delimiter,
    sample: table.rows.slice(0, 5),
  });
}

async function format(input: JsonObject): Promise<Outcome> {
  const rows = listOf(input, "rows");
  const named = listOf(input, "columns").map(asText);
  const maps = rows.filter(isObject);
  if (maps.length !== rows.length && (maps.length > 0 || !rows.every((row) => Array.isArray(row)))) {
    return refuse("`rows` must be maps, or lists of fields, and not both", { field: "rows" });
  }
  const columns = named.length > 0 ? named : [...new Set(maps.flatMap((row) => Object.keys(row)))];
  const fields = rows.map((row) =>
    Array.isArray(row) ? row.map(asText) : columns.map((name) => asText(atPath(row, name))),
  );
  const header = input.header !== false && columns.length > 0 ? [columns] : [];
  const papa = await library();
  const text = papa.unparse([...header, ...fields], {
    delimiter: textOf(input, "delimiter"),
    newline: textOf(input, "newline"),
    quotes: input.quote_all === true,
    escapeFormulae: input.escape_formulas === true,
  });
  return done({ text, count: rows.length });
}

/** Actions of `community/csv`. */
export const csv: Record<string, ToolFunction> = { parse, inspect, format };
