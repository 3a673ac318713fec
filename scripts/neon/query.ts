import type { Session } from "./session.ts";
import { BodyReader, cString, encodeMessage, int16, int32, type Message, splitMessages } from "./wire.ts";

export interface Query {
  query: string;
  params: unknown[];
}

export interface QueryField {
  name: string;
  tableID: number;
  columnID: number;
  dataTypeID: number;
  dataTypeSize: number;
  dataTypeModifier: number;
  format: "text";
}

/** What Neon answers for a query: values as PostgreSQL's own text, in arrays. */
export interface QueryResult {
  command: string;
  rowCount: number | null;
  rows: (string | null)[][];
  fields: QueryField[];
  rowAsArray: true;
}

/** An error that PostgreSQL reported, with the members under the names that Neon's driver reads. */
export class DatabaseError extends Error {
  readonly fields: Record<string, string>;

  constructor(fields: Record<string, string>) {
    super(fields.message ?? "PostgreSQL reported an error");
    this.name = "DatabaseError";
    this.fields = fields;
  }
}

const ERROR_FIELDS: Record<string, string> = {
  S: "severity",
  C: "code",
  M: "message",
  D: "detail",
  H: "hint",
  P: "position",
  p: "internalPosition",
  q: "internalQuery",
  W: "where",
  s: "schema",
  t: "table",
  c: "column",
  d: "dataType",
  n: "constraint",
  F: "file",
  L: "line",
  R: "routine",
};

function encodeParameter(value: unknown): Buffer {
  if (value === null || value === undefined) return int32(-1);
  const bytes = Buffer.from(typeof value === "string" ? value : JSON.stringify(value), "utf8");
  return Buffer.concat([int32(bytes.length), bytes]);
}

/** Parse, bind, describe, execute, sync: everything as text, in one write. */
function encodeQuery({ query, params }: Query): Buffer {
  return Buffer.concat([
    encodeMessage("P", cString(""), cString(query), int16(0)),
    encodeMessage(
      "B",
      cString(""),
      cString(""),
      int16(0),
      int16(params.length),
      ...params.map(encodeParameter),
      int16(0),
    ),
    encodeMessage("D", Buffer.from("P\0")),
    encodeMessage("E", cString(""), int32(0)),
    encodeMessage("S"),
  ]);
}

export function decodeError(body: Buffer): DatabaseError {
  const reader = new BodyReader(body);
  const fields: Record<string, string> = {};
  for (let key = reader.text(1); key !== "\0"; key = reader.text(1)) {
    const value = reader.cString();
    const name = ERROR_FIELDS[key];
    if (name !== undefined) fields[name] = value;
  }
  return new DatabaseError(fields);
}

function decodeFields(body: Buffer): QueryField[] {
  const reader = new BodyReader(body);
  return Array.from({ length: reader.int16() }, () => {
    const name = reader.cString();
    const tableID = reader.int32();
    const columnID = reader.int16();
    const dataTypeID = reader.int32();
    const dataTypeSize = reader.int16();
    const dataTypeModifier = reader.int32();
    reader.int16();
    return { name, tableID, columnID, dataTypeID, dataTypeSize, dataTypeModifier, format: "text" };
  });
}

function decodeRow(body: Buffer): (string | null)[] {
  const reader = new BodyReader(body);
  return Array.from({ length: reader.int16() }, () => {
    const length = reader.int32();
    return length === -1 ? null : reader.text(length);
  });
}

function decodeResult(messages: Message[]): QueryResult {
  const result: QueryResult = { command: "", rowCount: null, rows: [], fields: [], rowAsArray: true };
  for (const { type, body } of messages) {
    if (type === "E") throw decodeError(body);
    if (type === "T") result.fields = decodeFields(body);
    if (type === "D") result.rows.push(decodeRow(body));
    if (type === "C") {
      const words = new BodyReader(body).cString().split(" ");
      const count = words.at(-1) ?? "";
      result.command = words[0] ?? "";
      result.rowCount = /^\d+$/.test(count) ? Number(count) : null;
    }
  }
  return result;
}

export async function runQuery(session: Session, query: Query): Promise<QueryResult> {
  return decodeResult(splitMessages(await session.exchange(encodeQuery(query))).messages);
}
