import type { MapEntry, ScalarNode, SourceNode, SourceTree, TextRange } from "./tree.ts";
import { pointerSegments } from "./tree.ts";

/** A place in a text, counted from 1; empty for values without a text. */
export interface Place {
  line?: number;
  column?: number;
}

/** Turns offsets and JSON pointers of one document into lines and columns. */
export class Locator {
  readonly #tree: SourceTree;
  #lineStarts: number[] | undefined;

  constructor(tree: SourceTree) {
    this.#tree = tree;
  }

  /** Line and column of an offset in the text. */
  at(offset: number | undefined): Place {
    if (offset === undefined || this.#tree.text === undefined) return {};
    this.#lineStarts ??= lineStartsOf(this.#tree.text);
    const starts = this.#lineStarts;
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: offset - (starts[low] ?? 0) + 1 };
  }

  node(node: SourceNode): Place {
    return this.at(node.range?.start);
  }

  key(entry: MapEntry): Place {
    return this.at(entry.keyRange?.start);
  }

  /** The place of a value, or of the nearest enclosing value that exists: a missing member is looked for where it should be. */
  pointer(pointer: string): Place {
    let node = this.#tree.root;
    let place = this.node(node);
    for (const segment of pointerSegments(pointer)) {
      if (node.kind === "scalar") break;
      const next =
        node.kind === "list" ? node.items[Number(segment)] : node.entries.find((entry) => entry.key === segment)?.value;
      if (next === undefined) break;
      node = next;
      place = this.node(node);
    }
    return place;
  }

  /** The place of the UTF-16 unit `offset` of a scalar's value: exact for every style, but for blanks that folding made. */
  inScalar(node: ScalarNode, offset: number): Place {
    const text = this.#tree.text;
    if (text === undefined || node.range === undefined || typeof node.value !== "string") return {};
    return this.at(offsetInText(text, node, node.range, node.value, offset));
  }
}

function lineStartsOf(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return starts;
}

const BLANK = /\s/;

/*
 * Whatever a style does to blanks and line breaks, the other characters of the value stand in the text in the same order:
 * counting them finds the place.
 */
function offsetInText(text: string, node: ScalarNode, range: TextRange, value: string, offset: number): number {
  let wanted = 0;
  for (let index = 0; index < offset; index += 1) if (!BLANK.test(value[index] ?? " ")) wanted += 1;
  let at = firstCharacter(text, node, range);
  for (let seen = 0; at < range.end; ) {
    const { length, blank } = characterAt(text, at, node);
    if (!blank && seen === wanted) return at;
    if (!blank) seen += 1;
    at += length;
  }
  return range.start;
}

function firstCharacter(text: string, node: ScalarNode, range: TextRange): number {
  if (node.style === "plain" || node.style === undefined) return range.start;
  if (node.style !== "block") return range.start + 1;
  const lineEnd = text.indexOf("\n", range.start);
  return lineEnd === -1 ? range.end : lineEnd + 1;
}

const HEX_ESCAPES: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 };
const BLANK_ESCAPES = "nrtvfN_LP \t\n\r";

/** How many units of the text one unit of the value takes up here, and whether that unit is a blank. */
function characterAt(text: string, at: number, node: ScalarNode): { length: number; blank: boolean } {
  const character = text[at] ?? " ";
  if (node.style === "single" && character === "'") return { length: 2, blank: false };
  if (node.style === "double" && character === "\\") {
    const letter = text[at + 1] ?? " ";
    const digits = HEX_ESCAPES[letter];
    if (digits === undefined) return { length: 2, blank: BLANK_ESCAPES.includes(letter) };
    const code = Number.parseInt(text.slice(at + 2, at + 2 + digits), 16);
    return { length: 2 + digits, blank: BLANK.test(String.fromCharCode(code)) };
  }
  return { length: 1, blank: BLANK.test(character) };
}
