import { isObject, type Json, type JsonObject } from "../../../engine/json.ts";
import { toBase64 } from "./base64.ts";
import { contentKind, saidKind } from "./content-kind.ts";

/** An answer as the direct style gives it: `{status, headers, body}`. */
export interface ParsedAnswer {
  status: number;
  headers: JsonObject;
  /** Who gave it. */
  backend?: string;
  /** JSON parsed; text; `{base64, content_type, size}` for anything else; null for no body at all. */
  body: Json;
}

/** Longest piece of an upstream body that an error may quote. */
const QUOTED = 2_000;

/** The headers of an answer as a value; what it wants to be remembered as is nobody's business. */
export function answerHeaders(response: Response): Record<string, string> {
  const headers: Record<string, string> = {};
  response.headers.forEach((value, name) => {
    if (name !== "set-cookie") headers[name] = value;
  });
  return headers;
}

const OTHER_CHARSET = /charset\s*=(?!\s*"?utf-?8\b)/i;

/**
 * Whether a body may be taken as text at once, and never be bytes: it says that it is JSON, which is UTF-8 (RFC 8259) where it names no
 * other charset, and nobody wants it otherwise.
 */
export function isJsonText(type: string, wanted: "json" | "text" | "binary" | undefined): boolean {
  return (
    (wanted ?? "json") === "json" && saidKind(type) === "json" && !(type.includes(";") && OTHER_CHARSET.test(type))
  );
}

/**
 * Reads status, headers and body (text where `isJsonText` says so, else bytes), by content type or as `wanted`. A body that says it
 * is JSON and is not stays text; one that is wanted as JSON and is not gives undefined, unless it belongs to an error.
 */
export function parseAnswer(
  status: number,
  headers: Record<string, string>,
  body: Uint8Array | string,
  wanted?: "json" | "text" | "binary",
): ParsedAnswer | undefined {
  const type = headers["content-type"] ?? "";
  if (body.length === 0) return { status, headers, body: /^\s*text\//i.test(type) || wanted === "text" ? "" : null };
  if (typeof body === "string") return jsonAnswer(status, headers, body, wanted);
  const bytes = body;
  const isError = status >= 400;
  const kind = isError ? contentKind(type, bytes) : (wanted ?? contentKind(type, bytes));
  if (kind === "binary") return { status, headers, body: binaryBody(type, bytes) };
  const text = answerText(type, bytes);
  return kind === "text" ? { status, headers, body: text } : jsonAnswer(status, headers, text, wanted);
}

function jsonAnswer(
  status: number,
  headers: Record<string, string>,
  text: string,
  wanted: "json" | "text" | "binary" | undefined,
): ParsedAnswer | undefined {
  const parsed = parseJson(text);
  if (parsed === undefined && wanted === "json" && status < 400) return undefined;
  return { status, headers, body: parsed === undefined ? text : parsed };
}

/** The shape that a multipart file and a binary request body take, too: a download can be sent on as it is. */
function binaryBody(type: string, bytes: Uint8Array): JsonObject {
  return {
    base64: toBase64(bytes),
    content_type: type === "" ? "application/octet-stream" : type,
    size: bytes.byteLength,
  };
}

const UTF_8 = new TextDecoder();

/** By a byte order mark, else by the charset of the content type, else UTF-8. What no charset knows is a replacement character. */
export function answerText(type: string, body: Uint8Array | string): string {
  if (typeof body === "string") return body;
  const bytes = body;
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return new TextDecoder("utf-16be").decode(bytes);
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return new TextDecoder("utf-16le").decode(bytes);
  const charset = type.includes(";") ? /charset\s*=\s*"?([^";\s]+)/i.exec(type)?.[1] : undefined;
  if (charset === undefined) return UTF_8.decode(bytes);
  try {
    return new TextDecoder(charset).decode(bytes);
  } catch {
    return new TextDecoder().decode(bytes);
  }
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
  if (levels === 0) return true;
  for (const item of Array.isArray(value) ? value : Object.values(value)) if (isDeeper(item, levels - 1)) return true;
  return false;
}

/** A body cut so that an error can carry it. */
export function quoted(body: Json): Json {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return text.length <= QUOTED ? body : `${text.slice(0, QUOTED)}…`;
}
