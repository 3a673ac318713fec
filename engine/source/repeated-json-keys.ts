import { pointerTo } from "./tree.ts";

interface OpenContainer {
  pointer: string;
  /** Keys seen so far; undefined for a list. */
  keys?: Set<string>;
  /** The member or index that comes next. */
  next: string | number;
}

/** One token of valid JSON text: punctuation, a string, or anything else (a number, a word). */
const TOKEN = /[{}[\],:]|"(?:[^"\\]|\\.)*"|[^\s{}[\],:"]+/gy;

/**
 * JSON pointers of the keys that an object of valid JSON text gives a second time. `JSON.parse` keeps the last one without
 * a word; a workflow must not lose a step that way.
 */
export function repeatedJsonKeys(text: string): string[] {
  const repeated: string[] = [];
  const open: OpenContainer[] = [];
  let expectKey = false;
  for (const token of tokensOf(text)) {
    const top = open.at(-1);
    if (token === "{" || token === "[") {
      const pointer = top === undefined ? "" : pointerTo(top.pointer, top.next);
      open.push(token === "{" ? { pointer, keys: new Set(), next: "" } : { pointer, next: 0 });
      expectKey = token === "{";
    } else if (token === "}" || token === "]") {
      open.pop();
      expectKey = false;
    } else if (token === ",") {
      if (top !== undefined && typeof top.next === "number") top.next += 1;
      expectKey = top?.keys !== undefined;
    } else if (expectKey && top?.keys !== undefined) {
      const key = String(JSON.parse(token));
      if (top.keys.has(key)) repeated.push(pointerTo(top.pointer, key));
      top.keys.add(key);
      top.next = key;
      expectKey = false;
    }
  }
  return repeated;
}

function* tokensOf(text: string): Generator<string> {
  let at = 0;
  while (at < text.length) {
    TOKEN.lastIndex = at;
    const match = TOKEN.exec(text);
    if (match === null) at += 1;
    else {
      yield match[0];
      at = TOKEN.lastIndex;
    }
  }
}
