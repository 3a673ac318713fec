/** How a body is read. */
export type ContentKind = "json" | "text" | "binary";

const TEXTUAL = new Set([
  "xml",
  "javascript",
  "ecmascript",
  "x-javascript",
  "x-www-form-urlencoded",
  "graphql",
  "sql",
  "yaml",
  "x-yaml",
  "toml",
  "x-ndjson",
  "ndjson",
  "jsonl",
  "json-seq",
  "x-sh",
  "rtf",
  "pem-certificate-chain",
]);

/** What a content type says of its body. Without one the bytes decide: JSON, else text that is UTF-8, else binary. */
export function contentKind(type: string, bytes: Uint8Array): ContentKind {
  return saidKind(type) ?? guessed(bytes);
}

/** What a content type says by itself; undefined where the bytes decide. */
export function saidKind(type: string): ContentKind | undefined {
  if (last.type !== type) last = { type, kind: kindOf(type) };
  return last.kind;
}

/** Of the last one that was read: one answer after the other has the same. */
let last: { type: string; kind: ContentKind | undefined } = { type: "", kind: undefined };

function kindOf(type: string): ContentKind | undefined {
  const essence = (type.split(";")[0] ?? "").trim().toLowerCase();
  if (essence === "") return undefined;
  const [group = "", subtype = ""] = essence.split("/");
  if ((group === "application" || group === "text") && (subtype === "json" || subtype.endsWith("+json"))) return "json";
  if (subtype.endsWith("+json")) return "json";
  if (group === "text" || subtype.endsWith("+xml") || subtype.endsWith("+yaml")) return "text";
  return group === "application" && TEXTUAL.has(subtype) ? "text" : "binary";
}

function guessed(bytes: Uint8Array): ContentKind {
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes);
    if (text.includes("\0")) return "binary";
    return /^\s*[[{"]/.test(text) ? "json" : "text";
  } catch {
    return "binary";
  }
}
