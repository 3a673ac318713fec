import { CST, Lexer, Parser } from "yaml";
import { SOURCE_LIMITS } from "./limits.ts";

/** A refusal with the offset it stands at. */
export interface ScanProblem {
  offset: number;
  message: string;
}

export type Scan = { ok: true; tokens: CST.Token[]; refused: ScanProblem[] } | { ok: false; problem: ScanProblem };

/** Tokens per level of nesting can be more than one (a list in a map, a pair in a list): refuse only what is far beyond. */
const STACK_LIMIT = SOURCE_LIMITS.depth * 3;

/**
 * Cuts YAML text into tokens while counting what they would become, and stops at the first cap that is passed: nothing
 * has been built then. `refused` lists what the language does not take (tags, directives) without ending the scan.
 */
export function scanYaml(text: string): Scan {
  const parser = new Parser();
  const tokens: CST.Token[] = [];
  const refused: ScanProblem[] = [];
  let offset = 0;
  let keys = 0;
  let entries = 0;
  let aliases = 0;
  let lexemes = 0;
  let documents = 0;
  for (const lexeme of new Lexer().lex(text)) {
    switch (CST.tokenType(lexeme)) {
      case "map-value-ind":
      case "explicit-key-ind":
        keys += 1;
        entries += 1;
        break;
      case "seq-item-ind":
      case "comma":
        entries += 1;
        break;
      case "alias":
        aliases += 1;
        break;
      case "tag":
        refused.push({ offset, message: `YAML tags are not accepted: ${lexeme.slice(0, 60)}` });
        break;
      case "doc-start":
        documents += 1;
        if (documents > MOST_REFUSALS) refused.push({ offset, message: "the file holds too many documents" });
        break;
      case "directive-line":
        if (!/^%YAML\s+1\.2\s*$/.test(lexeme))
          refused.push({ offset, message: "YAML directives are not accepted, except %YAML 1.2" });
        break;
      default:
    }
    lexemes += 1;
    const cap = passedCap(keys, entries, aliases, parser.stack.length) ?? passedTextCap(lexemes, refused.length);
    if (cap !== undefined) return { ok: false, problem: { offset: Math.min(offset, text.length), message: cap } };
    for (const token of parser.next(lexeme)) tokens.push(token);
    offset += CONTROL_LEXEMES.has(lexeme) ? 0 : lexeme.length;
  }
  for (const token of parser.end()) tokens.push(token);
  return { ok: true, tokens, refused };
}

/** The lexer's own marks (byte order mark aside): they stand for nothing in the text. */
const CONTROL_LEXEMES: ReadonlySet<string> = new Set(["\u0002", "\u0018", "\u001f"]);

/** Refusals that are worth listing before the scan gives up. */
const MOST_REFUSALS = 50;

function passedTextCap(lexemes: number, refusals: number): string | undefined {
  if (lexemes > SOURCE_LIMITS.tokens) return `the file has more than ${SOURCE_LIMITS.tokens} tokens`;
  if (refusals > MOST_REFUSALS) return `the file has more than ${MOST_REFUSALS} tags, directives and documents`;
  return undefined;
}

function passedCap(keys: number, entries: number, aliases: number, stack: number): string | undefined {
  if (keys > SOURCE_LIMITS.keys) return `the file has more than ${SOURCE_LIMITS.keys} keys`;
  if (entries > SOURCE_LIMITS.entries) return `the file has more than ${SOURCE_LIMITS.entries} keys and list items`;
  if (aliases > SOURCE_LIMITS.aliases) return `the file has more than ${SOURCE_LIMITS.aliases} aliases`;
  if (stack > STACK_LIMIT) return `the file is nested deeper than ${SOURCE_LIMITS.depth} levels`;
  return undefined;
}
