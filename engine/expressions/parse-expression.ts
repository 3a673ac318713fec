import type { Argument, ArithmeticOperator, Call, CompareOperator, Expression, PathKey } from "./ast.ts";
import type { Token } from "./lexer.ts";
import { LIMITS } from "./limits.ts";
import { SourceProblem } from "./source-problem.ts";
import { TESTS } from "./tests.ts";

const CONSTANTS = new Map<string, null | boolean>([
  ["true", true],
  ["True", true],
  ["false", false],
  ["False", false],
  ["null", null],
  ["None", null],
  ["none", null],
]);
const RESERVED = new Set(["and", "or", "not", "in", "is", "if", "else"]);
const COMPARISONS = byText<CompareOperator>("==", "!=", "<", "<=", ">", ">=");
const SUMS = byText<ArithmeticOperator>("+", "-");
const PRODUCTS = byText<ArithmeticOperator>("*", "/", "//", "%");

function byText<Operator extends string>(...operators: Operator[]): ReadonlyMap<string, Operator> {
  return new Map(operators.map((operator) => [operator, operator]));
}

/** Recursive descent over one expression's tokens; one method per rank of section 20's precedence list, loosest first. */
export class ExpressionParser {
  private readonly tokens: readonly Token[];
  private at = 0;
  private depth: number;

  /** `depth` counts the blocks that the expression already stands in. */
  constructor(tokens: readonly Token[], depth: number) {
    this.tokens = tokens;
    this.depth = depth;
  }

  get token(): Token {
    const token = this.tokens[Math.min(this.at, this.tokens.length - 1)];
    if (token === undefined) throw new SourceProblem(0, 0, "An expression is expected here");
    return token;
  }

  /** The whole expression, with nothing after it. */
  whole(): Expression {
    const expression = this.choice();
    this.finish();
    return expression;
  }

  finish(): void {
    if (this.token.kind !== "end") throw this.unexpected("The expression should end here");
  }

  /** Takes a word or symbol when it comes next. */
  accept(text: string): boolean {
    const { kind, text: found } = this.token;
    if ((kind !== "symbol" && kind !== "name") || found !== text) return false;
    this.at += 1;
    return true;
  }

  expect(text: string): void {
    if (!this.accept(text)) throw this.unexpected(`\`${text}\` is expected`);
  }

  /** A plain word: the name of a variable, a member, a function, a keyword argument. */
  word(what: string): Token {
    const token = this.token;
    if (token.kind !== "name") throw this.unexpected(`${what} is expected`);
    this.at += 1;
    return token;
  }

  choice(): Expression {
    return this.nested(() => {
      const first = this.or();
      if (this.accept("?")) {
        const then = this.choice();
        this.expect(":");
        return { kind: "choice", condition: first, then, otherwise: this.choice() };
      }
      if (!this.accept("if")) return first;
      const condition = this.or();
      const otherwise: Expression = this.accept("else") ? this.choice() : { kind: "literal", value: null };
      return { kind: "choice", condition, then: first, otherwise };
    });
  }

  /** Takes the next symbol when it is one of these operators. */
  private operator<Operator>(operators: ReadonlyMap<string, Operator>): Operator | undefined {
    const operator = this.token.kind === "symbol" ? operators.get(this.token.text) : undefined;
    if (operator !== undefined) this.at += 1;
    return operator;
  }

  /** Whether this word or symbol stands after the token in hand. */
  private followedBy(text: string): boolean {
    const next = this.tokens[this.at + 1];
    return next !== undefined && next.kind !== "text" && next.text === text;
  }

  private unexpected(expected: string): SourceProblem {
    const { kind, text, start, end } = this.token;
    const found = kind === "end" ? "it ends" : `\`${text}\` stands`;
    return new SourceProblem(start, Math.max(end - start, kind === "end" ? 0 : 1), `${expected}, but ${found} here`);
  }

  private tooDeep(): SourceProblem {
    return new SourceProblem(this.token.start, 1, `The expression is nested more than ${LIMITS.depth} levels deep`);
  }

  private nested<T>(parse: () => T): T {
    this.depth += 1;
    if (this.depth > LIMITS.depth + 1) throw this.tooDeep();
    const result = parse();
    this.depth -= 1;
    return result;
  }

  private or(): Expression {
    return this.logic("or", "||", () => this.logic("and", "&&", () => this.not()));
  }

  private logic(operator: "and" | "or", symbol: string, operand: () => Expression): Expression {
    const first = operand();
    const operands = [first];
    while (this.accept(operator) || this.accept(symbol)) operands.push(operand());
    return operands.length === 1 ? first : { kind: "logic", operator, operands };
  }

  private not(): Expression {
    return this.accept("not") ? { kind: "not", operand: this.nested(() => this.not()) } : this.comparison();
  }

  private comparison(): Expression {
    let left = this.joined();
    for (let tests = 0; ; tests += 1) {
      if (tests > LIMITS.depth) throw this.tooDeep();
      const rest: { operator: CompareOperator; operand: Expression }[] = [];
      for (let operator = this.compareOperator(); operator !== undefined; operator = this.compareOperator()) {
        rest.push({ operator, operand: this.joined() });
      }
      if (rest.length > 0) left = { kind: "compare", first: left, rest };
      if (!this.accept("is")) return left;
      left = this.test(left);
    }
  }

  private compareOperator(): CompareOperator | undefined {
    const symbol = this.operator(COMPARISONS);
    if (symbol !== undefined) return symbol;
    if (this.accept("in")) return "in";
    if (!(this.followedBy("in") && this.accept("not"))) return undefined;
    this.expect("in");
    return "not in";
  }

  private test(operand: Expression): Expression {
    const negated = this.accept("not");
    const { text: name, start: offset } = this.word("The name of a test");
    const takes = TESTS.get(name)?.argument === true;
    return takes
      ? { kind: "test", operand, name, offset, negated, argument: this.joined() }
      : { kind: "test", operand, name, offset, negated };
  }

  private joined(): Expression {
    const first = this.sum();
    const parts = [first];
    while (this.accept("~")) parts.push(this.sum());
    return parts.length === 1 ? first : { kind: "join", parts };
  }

  private sum(): Expression {
    return this.arithmetic(SUMS, () => this.arithmetic(PRODUCTS, () => this.unary()));
  }

  private arithmetic(operators: ReadonlyMap<string, ArithmeticOperator>, operand: () => Expression): Expression {
    const first = operand();
    const rest: { operator: ArithmeticOperator; operand: Expression }[] = [];
    for (let operator = this.operator(operators); operator !== undefined; operator = this.operator(operators)) {
      rest.push({ operator, operand: operand() });
    }
    return rest.length === 0 ? first : { kind: "arithmetic", first, rest };
  }

  private unary(): Expression {
    const minus = this.token;
    if (this.accept("!")) return { kind: "not", operand: this.nested(() => this.unary()) };
    if (!this.accept("-")) return this.power();
    const number = this.token;
    if (number.kind === "number" && number.start === minus.end && !this.followedBy("**")) return this.power(true);
    return { kind: "negate", operand: this.nested(() => this.unary()) };
  }

  private power(negative = false): Expression {
    const first = this.filtered(negative);
    if (!this.accept("**")) return first;
    return { kind: "arithmetic", first, rest: [{ operator: "**", operand: this.nested(() => this.unary()) }] };
  }

  private filtered(negative: boolean): Expression {
    const base = this.postfix(negative);
    const calls: Call[] = [];
    while (this.accept("|")) {
      const { text: name, start: offset } = this.word("The name of a filter");
      calls.push({ name, offset, args: this.accept("(") ? this.args() : [] });
    }
    return calls.length === 0 ? base : { kind: "pipe", base, calls };
  }

  private postfix(negative: boolean): Expression {
    const base = this.primary(negative);
    const keys: PathKey[] = [];
    for (;;) {
      if (this.accept(".")) keys.push({ fixed: this.memberName() });
      else if (this.accept("[")) {
        const key = this.choice();
        this.expect("]");
        keys.push(
          key.kind === "literal" && (typeof key.value === "string" || typeof key.value === "number")
            ? { fixed: key.value }
            : { computed: key },
        );
      } else if (this.token.kind === "symbol" && this.token.text === "(") {
        throw new SourceProblem(
          this.token.start,
          1,
          "Only functions can be called; apply one to a value as `value | function`",
        );
      } else return keys.length === 0 ? base : { kind: "path", base, keys };
    }
  }

  private memberName(): string | number {
    const token = this.token;
    if (token.kind === "number") {
      this.at += 1;
      return Number(token.text);
    }
    return this.word("The name of a member").text;
  }

  private primary(negative: boolean): Expression {
    const token = this.token;
    if (token.kind === "number") return { kind: "literal", value: this.number(token, negative) };
    if (token.kind === "text") {
      this.at += 1;
      return { kind: "literal", value: token.text };
    }
    if (token.kind === "name" && !RESERVED.has(token.text)) {
      this.at += 1;
      if (this.accept("(")) return { kind: "call", call: { name: token.text, offset: token.start, args: this.args() } };
      const constant = CONSTANTS.get(token.text);
      return constant === undefined
        ? { kind: "name", name: token.text, offset: token.start }
        : { kind: "literal", value: constant };
    }
    if (this.accept("(")) {
      const inner = this.choice();
      this.expect(")");
      return inner;
    }
    if (this.accept("[")) return { kind: "list", items: this.separated("]", () => this.choice()) };
    if (this.accept("{")) return { kind: "map", entries: this.separated("}", () => this.entry()) };
    throw this.unexpected("A value is expected");
  }

  private number(token: Token, negative: boolean): number {
    this.at += 1;
    const value = Number(token.text);
    if (!Number.isFinite(value))
      throw new SourceProblem(token.start, token.end - token.start, `${token.text} is too large for a number`);
    return negative && value !== 0 ? -value : value;
  }

  private entry(): { key: Expression; value: Expression; offset: number } {
    const { kind, text, start: offset } = this.token;
    const bare = kind === "name" && this.followedBy(":");
    if (bare) this.at += 1;
    const key: Expression = bare ? { kind: "literal", value: text } : this.nested(() => this.or());
    this.expect(":");
    return { key, value: this.choice(), offset };
  }

  private args(): Argument[] {
    return this.separated(")", () => {
      const { kind, text, start: offset } = this.token;
      if (kind !== "name" || !this.followedBy("=")) return { value: this.choice(), offset };
      this.at += 2;
      return { name: text, value: this.choice(), offset };
    });
  }

  /** Items between commas up to the closing bracket; a comma may follow the last. */
  private separated<T>(closer: string, item: () => T): T[] {
    const items: T[] = [];
    while (!this.accept(closer)) {
      items.push(item());
      if (this.accept(closer)) break;
      this.expect(",");
    }
    return items;
  }
}
