import { isObject, type Json, type JsonObject } from "../../../engine/json.ts";

/** An answer as the direct style gives it: `{status, headers, body}`, JSON parsed. */
export interface ParsedAnswer {
  status: number;
  headers: JsonObject;
  body: Json;
  /** The body was JSON. */
  isJson: boolean;
}

/** Longest piece of an upstream body that an error may quote. */
const QUOTED = 2_000;

/** Reads status, headers and body. A body that says it is JSON and is not stays text. */
export function parseAnswer(response: Response, bytes: Uint8Array): ParsedAnswer {
  const headers: JsonObject = {};
  for (const [name, value] of response.headers) if (name !== "set-cookie") headers[name] = value;
  const type = response.headers.get("content-type") ?? "";
  const text = new TextDecoder(charsetOf(type)).decode(bytes);
  const saysJson = /^\s*application\/(?:[\w.+-]+\+)?json\b|^\s*text\/json\b/i.test(type);
  const looksJson = type === "" && /^\s*[[{"]/.test(text);
  const parsed = saysJson || looksJson ? parseJson(text) : undefined;
  return { status: response.status, headers, body: parsed === undefined ? text : parsed, isJson: parsed !== undefined };
}

function charsetOf(type: string): string {
  const charset = /charset="?([\w-]+)/i.exec(type)?.[1]?.toLowerCase();
  return charset === "iso-8859-1" || charset === "latin1" || charset === "windows-1252" ? "windows-1252" : "utf-8";
}

/** JSON text → value without members named `__proto__`; undefined for what is no JSON. */
export function parseJson(text: string): Json | undefined {
  try {
    const value: Json = JSON.parse(text);
    return text.includes("__proto__") || text.includes("\\u") ? withoutProto(value) : value;
  } catch {
    return undefined;
  }
}

function withoutProto(value: Json): Json {
  if (Array.isArray(value)) return value.map(withoutProto);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, item]) => (key === "__proto__" ? [] : [[key, withoutProto(item)]])),
  );
}

/** Whether a value nests more than `levels` levels. */
export function isDeeper(value: Json, levels: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  return levels === 0 || Object.values(value).some((item) => isDeeper(item, levels - 1));
}

/** A body cut so that an error can carry it. */
export function quoted(body: Json): Json {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return text.length <= QUOTED ? body : `${text.slice(0, QUOTED)}…`;
}
