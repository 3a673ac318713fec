import { isObject, type Json, type JsonObject } from "../engine/json.ts";

export const MASK = "***";

/** Shorter values would turn half of an output into stars and protect nothing. */
const SHORTEST_MASKED = 4;

/** Of a masker that was told nothing, as those of most calls are: stays empty. */
const NONE = new Set<string>();

/** Replaces revealed secrets in what comes back, in every form in which they usually do (threat T13). */
export class Masker {
  #forms = NONE;
  #values = NONE;
  #ordered: string[] | undefined;

  /** Remembers a revealed value. Structures are remembered leaf by leaf. */
  add(value: Json): void {
    if (Array.isArray(value)) for (const item of value) this.add(item);
    else if (isObject(value)) for (const item of Object.values(value)) this.add(item);
    else if (typeof value === "string" || typeof value === "number") this.#addText(String(value));
  }

  #addText(text: string): void {
    if (text.length < SHORTEST_MASKED) return;
    if (this.#forms === NONE) [this.#forms, this.#values] = [new Set(), new Set()];
    this.#values.add(text);
    for (const form of formsOf(text)) if (form.length >= SHORTEST_MASKED) this.#forms.add(form);
    this.#ordered = undefined;
  }

  get isEmpty(): boolean {
    return this.#forms.size === 0;
  }

  /** All that was added, in the clear. */
  get revealed(): string[] {
    return [...this.#values];
  }

  text(text: string): string {
    this.#ordered ??= [...this.#forms].sort((a, b) => b.length - a.length);
    let masked = text;
    for (const form of this.#ordered) if (masked.includes(form)) masked = masked.replaceAll(form, MASK);
    return masked;
  }

  /** The beginning of a text whose rest was not read: masked, and without what may be the first part of something revealed. */
  beginning(text: string): string {
    let whole = text;
    for (;;) {
      const half = this.#halfAtEnd(whole);
      if (half === 0) return this.text(whole);
      // What is left may end with the first part of another.
      whole = whole.slice(0, whole.length - half);
    }
  }

  /** How many characters at the end of a text are the first part of something revealed, at most. */
  #halfAtEnd(text: string): number {
    let most = 0;
    for (const form of this.#forms) {
      const head = form.slice(0, SHORTEST_MASKED);
      for (
        let at = text.indexOf(head, Math.max(0, text.length - form.length + 1));
        at !== -1 && text.length - at > most;
        at = text.indexOf(head, at + 1)
      )
        if (form.startsWith(text.slice(at))) most = text.length - at;
    }
    return most;
  }

  /** The value with every text, key and number masked. */
  json(value: Json): Json {
    if (this.isEmpty) return value;
    if (typeof value === "string") return this.text(value);
    if (typeof value === "number") return this.#forms.has(String(value)) ? MASK : value;
    if (Array.isArray(value)) return value.map((item) => this.json(item));
    return isObject(value) ? this.object(value) : value;
  }

  object(value: JsonObject): JsonObject {
    if (this.isEmpty) return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [this.text(key), this.json(item)]));
  }
}

/** No encoder of texts changes any of these. */
const UNCHANGED = /^[\w.-]+$/;

/** The value itself, URL- and form-encoded, JSON-escaped, in base64 at any offset (both alphabets) and in hex. */
function formsOf(text: string): string[] {
  const bytes = new TextEncoder().encode(text);
  // As most keys and tokens are.
  return UNCHANGED.test(text) ? [text, ...byteForms(bytes)] : [...textForms(text), ...byteForms(bytes)];
}

/** What encoders of texts make of one. */
export function textForms(text: string): string[] {
  const uri = encoded(text);
  const form = new URLSearchParams({ v: text }).toString().slice(2);
  return [text, uri, uri.replaceAll("%20", "+"), ...urlForms(uri), ...jsonForms(text), ...htmlForms(text), form];
}

function byteForms(bytes: Uint8Array): string[] {
  let hex = "";
  for (const byte of bytes) hex += byte.toString(16).padStart(2, "0");
  const forms = [hex, hex.toUpperCase()];
  for (const offset of [0, 1, 2]) {
    const inside = base64Inside(bytes, offset);
    forms.push(inside, inside.replaceAll("+", "-").replaceAll("/", "_"));
  }
  return forms;
}

/** As encoders write it that keep the slash, that encode the marks too, that encode twice, or that write small letters. */
function urlForms(uri: string): string[] {
  const strict = uri.replace(/[!'()*]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`);
  const forms = [uri, strict, uri.replaceAll("%2F", "/"), strict.replaceAll("%2F", "/"), encodeURIComponent(uri)];
  const small = (form: string) => form.replace(/%[0-9A-F]{2}/g, (triplet) => triplet.toLowerCase());
  return [...forms, ...forms.map(small)];
}

/** Inside a JSON text that came as text: plain, with `\/`, with `<`, `>` and `&` as escapes, all non-ASCII as escapes; and twice over. */
function jsonForms(text: string): string[] {
  const escaped = (form: string) => JSON.stringify(form).slice(1, -1);
  const unicode = (sign: string) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, "0")}`;
  const plain = escaped(text);
  const forms = [plain, plain.replace(/[<>&]/g, unicode), plain.replace(/[^\x20-\x7e]/g, unicode)];
  forms.push(plain.replace(/[<>&'\u007f-\uffff]/g, unicode));
  const slashed = forms.map((form) => form.replaceAll("/", "\\/"));
  return [...forms, ...slashed, ...[...forms, ...slashed].map(escaped)];
}

/** Inside a page: quotes may stand as they are, by name or by number. */
function htmlForms(text: string): string[] {
  const basic = text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  const named = basic.replaceAll('"', "&quot;");
  return [
    basic,
    named,
    named.replaceAll("'", "&#39;"),
    named.replaceAll("'", "&#x27;"),
    named.replaceAll("'", "&apos;"),
    basic.replaceAll('"', "&#34;").replaceAll("'", "&#39;"),
  ];
}

/** A lone surrogate has no encoding. */
function encoded(text: string): string {
  return encodeURIComponent(text.replace(/\p{Surrogate}/gu, "\uFFFD"));
}

/** The characters of a base64 text that depend on these bytes alone, when they begin `offset` bytes after a group of three. */
function base64Inside(bytes: Uint8Array, offset: number): string {
  let binary = "\0".repeat(offset);
  for (const byte of bytes) binary += String.fromCharCode(byte);
  const text = btoa(binary).replace(/=+$/, "");
  const first = Math.ceil((offset * 8) / 6);
  const last = Math.floor((binary.length * 8) / 6);
  return text.slice(first, last);
}
