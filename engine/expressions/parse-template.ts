import type { Binding, Expression, Statement } from "./ast.ts";
import { nearestName } from "../source/nearest-name.ts";
import { type Closer, tokenize, type Tokens } from "./lexer.ts";
import { LIMITS } from "./limits.ts";
import { ExpressionParser } from "./parse-expression.ts";
import { SourceProblem } from "./source-problem.ts";
import type { ExpressionProblem } from "./types.ts";

type IfStatement = Extract<Statement, { kind: "if" }>;
type ForStatement = Extract<Statement, { kind: "for" }>;

/** A block that is still open: where its statements go, and what it will be. */
interface Block {
  statement: IfStatement | ForStatement | undefined;
  body: Statement[];
  offset: number;
  hasElse: boolean;
}

export interface ParsedTemplate {
  statements: Statement[];
  /** The source is exactly one `{{ expression }}`: its value keeps its type. */
  single: boolean;
  problems: ExpressionProblem[];
}

const TAGS = ["if", "elif", "else", "endif", "for", "endfor", "set", "raw", "endraw"];
const NOTHING: Expression = { kind: "literal", value: null };
const END_OF_RAW = /\{%-?[ \t\r\n]*endraw[ \t\r\n]*-?%\}/g;

/** Parses text with `{{ }}`, `{% %}` and `{# #}`. A problem in one tag does not hide those of the next. */
export function parseTemplate(source: string): ParsedTemplate {
  return new TemplateParser(source).parse();
}

class TemplateParser {
  private readonly source: string;
  private readonly problems: ExpressionProblem[] = [];
  private readonly root: Statement[] = [];
  private readonly open: Block[] = [];
  private at = 0;
  private trimNext = false;

  constructor(source: string) {
    this.source = source;
  }

  parse(): ParsedTemplate {
    let single = false;
    try {
      for (let tag = this.nextTag(); tag !== undefined; tag = this.nextTag()) {
        const start = tag.at;
        this.text(this.at, start, tag.trims);
        this.at = start + 2 + (tag.trims ? 1 : 0);
        if (tag.opener === "{{") {
          this.output();
          single = start === 0 && this.at === this.source.length;
        } else if (tag.opener === "{%") this.block(start);
        else this.comment(start);
      }
      this.text(this.at, this.source.length, false);
      const left = this.open.at(-1);
      if (left !== undefined)
        throw new SourceProblem(
          left.offset,
          2,
          `This \`${left.statement?.kind ?? "block"}\` has no \`end${left.statement?.kind ?? ""}\``,
        );
    } catch (problem) {
      this.collect(problem);
    }
    return { statements: this.root, single, problems: this.problems };
  }

  private nextTag(): { at: number; opener: string; trims: boolean } | undefined {
    for (let at = this.source.indexOf("{", this.at); at >= 0; at = this.source.indexOf("{", at + 1)) {
      const opener = this.source.slice(at, at + 2);
      if (opener === "{{" || opener === "{%" || opener === "{#")
        return { at, opener, trims: this.source[at + 2] === "-" };
    }
    return undefined;
  }

  private get body(): Statement[] {
    return this.open.at(-1)?.body ?? this.root;
  }

  private text(from: number, to: number, trimEnd: boolean): void {
    let text = this.source.slice(from, to);
    if (this.trimNext) text = text.trimStart();
    if (trimEnd) text = text.trimEnd();
    this.trimNext = false;
    if (text !== "") this.body.push({ kind: "text", text });
  }

  private collect(problem: unknown): void {
    if (!(problem instanceof SourceProblem)) throw problem;
    this.problems.push(problem.problem);
  }

  private tokens(closer: Closer): Tokens {
    const tokens = tokenize(this.source, this.at, closer);
    this.at = tokens.after;
    this.trimNext = tokens.trims;
    return tokens;
  }

  private output(): void {
    const parser = new ExpressionParser(this.tokens("}}").tokens, this.open.length);
    this.body.push({ kind: "output", value: this.attempt(NOTHING, () => parser.whole()) });
  }

  private attempt<T>(otherwise: T, parse: () => T): T {
    try {
      return parse();
    } catch (problem) {
      this.collect(problem);
      return otherwise;
    }
  }

  private comment(start: number): void {
    const end = this.source.indexOf("#}", this.at);
    if (end < 0) throw new SourceProblem(start, 2, "`{#` is never closed by `#}`");
    this.trimNext = this.source[end - 1] === "-" && end - 1 >= this.at;
    this.at = end + 2;
  }

  /** One `{% … %}`, from which `this.at` stands just inside. */
  private block(start: number): void {
    const parser = new ExpressionParser(this.tokens("%}").tokens, this.open.length);
    const end = this.at;
    this.attempt(undefined, () => this.tag(parser, start));
    if (this.at === end && !this.trimNext) this.dropLineBreak(start);
  }

  /** The line break after a block tag that has its line to itself belongs to the tag. */
  private dropLineBreak(start: number): void {
    let before = start;
    while (this.source[before - 1] === " " || this.source[before - 1] === "\t") before -= 1;
    if (before > 0 && this.source[before - 1] !== "\n" && this.source[before - 1] !== "\r") return;
    if (this.source.startsWith("\r\n", this.at)) this.at += 2;
    else if (this.source[this.at] === "\n") this.at += 1;
  }

  private tag(parser: ExpressionParser, start: number): void {
    const { text: name, start: offset, end } = parser.word("The name of a block");
    switch (name) {
      case "if":
        return this.openIf(parser, start);
      case "elif":
        return this.elif(parser, start);
      case "else":
        return this.otherwise(parser, start);
      case "for":
        return this.openFor(parser, start);
      case "set":
        return this.set(parser);
      case "endif":
      case "endfor":
        return this.close(name.slice(3), parser, start);
      case "raw":
        return this.raw(parser, start);
      default:
        throw new SourceProblem(
          offset,
          end - offset,
          `\`{% ${name} %}\` is not a block of this language`,
          nearestName(name, TAGS),
        );
    }
  }

  private openBlock(block: Block): void {
    if (this.open.length >= LIMITS.depth)
      throw new SourceProblem(block.offset, 2, `Blocks are nested more than ${LIMITS.depth} levels deep`);
    this.open.push(block);
  }

  private openIf(parser: ExpressionParser, offset: number): void {
    const body: Statement[] = [];
    const statement: IfStatement = { kind: "if", branches: [{ condition: NOTHING, body }], otherwise: [] };
    this.body.push(statement);
    this.openBlock({ statement, body, offset, hasElse: false });
    statement.branches[0] = { condition: parser.whole(), body };
  }

  private elif(parser: ExpressionParser, offset: number): void {
    const block = this.open.at(-1);
    if (block?.statement?.kind !== "if" || block.hasElse)
      throw new SourceProblem(offset, 2, "`{% elif %}` needs an `{% if %}` before it and no `{% else %}`");
    block.body = [];
    const branch = { condition: NOTHING, body: block.body };
    block.statement.branches.push(branch);
    branch.condition = parser.whole();
  }

  private otherwise(parser: ExpressionParser, offset: number): void {
    const block = this.open.at(-1);
    if (block?.statement === undefined || block.hasElse)
      throw new SourceProblem(
        offset,
        2,
        "`{% else %}` needs an `{% if %}` or `{% for %}` before it, and only one may follow",
      );
    block.hasElse = true;
    block.body = block.statement.otherwise;
    parser.finish();
  }

  private openFor(parser: ExpressionParser, offset: number): void {
    const statement: ForStatement = { kind: "for", targets: [], items: NOTHING, body: [], otherwise: [] };
    this.body.push(statement);
    this.openBlock({ statement, body: statement.body, offset, hasElse: false });
    do statement.targets.push(binding(parser));
    while (parser.accept(","));
    parser.expect("in");
    statement.items = parser.whole();
  }

  private close(kind: string, parser: ExpressionParser, offset: number): void {
    const block = this.open.at(-1);
    if (block?.statement?.kind !== kind)
      throw new SourceProblem(offset, 2, `\`{% end${kind} %}\` closes no open \`{% ${kind} %}\``);
    this.open.pop();
    parser.finish();
  }

  private set(parser: ExpressionParser): void {
    const target = binding(parser);
    parser.expect("=");
    this.body.push({ kind: "set", target, value: parser.whole() });
  }

  private raw(parser: ExpressionParser, start: number): void {
    parser.finish();
    const trimStart = this.trimNext;
    if (!trimStart) this.dropLineBreak(start);
    END_OF_RAW.lastIndex = this.at;
    const end = END_OF_RAW.exec(this.source);
    if (end === null) throw new SourceProblem(start, 2, "`{% raw %}` has no `{% endraw %}`");
    this.text(this.at, end.index, end[0].startsWith("{%-"));
    this.at = end.index + end[0].length;
    this.trimNext = end[0].endsWith("-%}");
    if (!this.trimNext) this.dropLineBreak(end.index);
  }
}

function binding(parser: ExpressionParser): Binding {
  const { text: name, start: offset } = parser.word("The name of a variable");
  return { name, offset };
}
