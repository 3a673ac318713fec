import { SourceProblem } from "./source-problem.ts";

export interface Token {
  kind: "number" | "text" | "name" | "symbol" | "end";
  /** The name, the symbol, or the decoded text; a number's source. */
  text: string;
  start: number;
  end: number;
}

/** What ends an expression: a tag's closer, or the end of the source. */
export type Closer = "}}" | "%}" | "";

export interface Tokens {
  /** Always ends with one `end` token. */
  tokens: Token[];
  /** Offset after the closer. */
  after: number;
  /** The closer was written `-}}` or `-%}`. */
  trims: boolean;
}

const SYMBOLS = ["**", "//", "==", "!=", "<=", ">=", "&&", "||", ..."+-*/%~<>!?:,.|()[]{}="];
const OPENING: Record<string, string> = { "(": ")", "[": "]", "{": "}" };
const ESCAPES: Record<string, string> = {
  '"': '"',
  "'": "'",
  "\\": "\\",
  "/": "/",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
};
const NUMBER = /(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const DIGITS = /[0-9]+/y;
const NAME = /[\p{L}_][\p{L}\p{M}\p{N}_]*/uy;

/** Cuts an expression into tokens, from `start` up to the closer that no bracket of the expression takes. */
export function tokenize(source: string, start: number, closer: Closer): Tokens {
  const tokens: Token[] = [];
  const open: { closes: string; at: number }[] = [];
  let at = start;
  for (;;) {
    at = skipBlanks(source, at);
    if (at >= source.length) {
      const bracket = open.at(-1);
      if (bracket !== undefined) throw new SourceProblem(bracket.at, 1, `\`${source[bracket.at]}\` is never closed`);
      if (closer !== "")
        throw new SourceProblem(start - 2, 2, `\`${source.slice(start - 2, start)}\` is never closed by \`${closer}\``);
      tokens.push({ kind: "end", text: "", start: at, end: at });
      return { tokens, after: at, trims: false };
    }
    if (closer !== "" && open.length === 0) {
      const trims = source.startsWith(`-${closer}`, at);
      if (trims || source.startsWith(closer, at)) {
        tokens.push({ kind: "end", text: "", start: at, end: at });
        return { tokens, after: at + closer.length + (trims ? 1 : 0), trims };
      }
    }
    const token = nextToken(source, at, tokens.at(-1));
    if (token.kind === "symbol") trackBrackets(token, open);
    tokens.push(token);
    at = token.end;
  }
}

function skipBlanks(source: string, from: number): number {
  let at = from;
  while (at < source.length && (source.charCodeAt(at) <= 32 || source.charCodeAt(at) === 0xa0)) at += 1;
  return at;
}

function trackBrackets(token: Token, open: { closes: string; at: number }[]): void {
  const closes = OPENING[token.text];
  if (closes !== undefined) open.push({ closes, at: token.start });
  else if (token.text === ")" || token.text === "]" || token.text === "}") {
    if (open.pop()?.closes !== token.text) throw new SourceProblem(token.start, 1, `\`${token.text}\` closes nothing`);
  }
}

function match(pattern: RegExp, source: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(source)?.[0];
}

function nextToken(source: string, at: number, before: Token | undefined): Token {
  const first = source[at] ?? "";
  if (first === '"' || first === "'") return quoted(source, at, first);
  if (first >= "0" && first <= "9") {
    const afterDot = before?.kind === "symbol" && before.text === "." && before.end === at;
    const text = match(afterDot ? DIGITS : NUMBER, source, at) ?? first;
    const next = match(NAME, source, at + text.length) ?? match(DIGITS, source, at + text.length);
    if (next !== undefined && !afterDot)
      throw new SourceProblem(at, text.length + next.length, `\`${text}${next}\` is not a number`);
    return { kind: "number", text, start: at, end: at + text.length };
  }
  const name = match(NAME, source, at);
  if (name !== undefined) return { kind: "name", text: name, start: at, end: at + name.length };
  const symbol = SYMBOLS.find((candidate) => source.startsWith(candidate, at));
  if (symbol !== undefined) return { kind: "symbol", text: symbol, start: at, end: at + symbol.length };
  throw new SourceProblem(at, 1, `\`${first}\` does not belong in an expression`);
}

function quoted(source: string, start: number, quote: string): Token {
  let text = "";
  let at = start + 1;
  for (;;) {
    const character = source[at];
    if (character === undefined) throw new SourceProblem(start, 1, "This text is never closed");
    if (character === quote) return { kind: "text", text, start, end: at + 1 };
    if (character !== "\\") {
      text += character;
      at += 1;
      continue;
    }
    const letter = source[at + 1] ?? "";
    const hex = letter === "u" ? source.slice(at + 2, at + 6) : "";
    if (letter === "u" && /^[0-9a-fA-F]{4}$/.test(hex)) {
      text += String.fromCharCode(Number.parseInt(hex, 16));
      at += 6;
    } else {
      const plain = Object.hasOwn(ESCAPES, letter) ? ESCAPES[letter] : undefined;
      if (plain === undefined)
        throw new SourceProblem(at, 2, `\`\\${letter}\` is not an escape; write \`\\\\\` for a backslash`);
      text += plain;
      at += 2;
    }
  }
}
