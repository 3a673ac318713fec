import type { Call, Expression, Statement } from "../expressions/ast.ts";
import { tokenize } from "../expressions/lexer.ts";
import { ExpressionParser } from "../expressions/parse-expression.ts";
import { parseTemplate } from "../expressions/parse-template.ts";

/** The form of a text of the file: one expression that keeps its type, or a text with pieces in it. */
export type ExpressionShape = { kind: "value"; expression: Expression } | { kind: "text"; statements: Statement[] };

/**
 * Parses a text that has compiled. A text without any tag is a bare expression: only places that take one (a condition, `when`,
 * `items`) record such a text as an expression.
 */
export function shapeOf(text: string): ExpressionShape {
  if (!/\{[{%#]/.test(text))
    return { kind: "value", expression: new ExpressionParser(tokenize(text, 0, "").tokens, 0).whole() };
  const { statements, single } = parseTemplate(text);
  const [only] = statements;
  return single && only?.kind === "output" ? { kind: "value", expression: only.value } : { kind: "text", statements };
}

/** Functions that make something useful of a value that is not there. */
const TOLERANT: ReadonlySet<string> = new Set(["default", "length"]);

/**
 * Offsets of the names whose missing value the text itself provides for: it is compared, tested, given a default, stands in
 * an alternative, or is looped over.
 */
export function guardedOffsets(shape: ExpressionShape): ReadonlySet<number> {
  const guarded = new Set<number>();
  if (shape.kind === "value") inExpression(shape.expression, false, guarded);
  else inStatements(shape.statements, false, guarded);
  return guarded;
}

function inStatements(statements: readonly Statement[], safe: boolean, guarded: Set<number>): void {
  for (const statement of statements) {
    if (statement.kind === "output" || statement.kind === "set") inExpression(statement.value, safe, guarded);
    else if (statement.kind === "if") {
      for (const { condition, body } of statement.branches) {
        inExpression(condition, true, guarded);
        inStatements(body, true, guarded);
      }
      inStatements(statement.otherwise, true, guarded);
    } else if (statement.kind === "for") {
      inExpression(statement.items, true, guarded);
      inStatements(statement.body, safe, guarded);
      inStatements(statement.otherwise, safe, guarded);
    }
  }
}

function inExpression(expression: Expression, safe: boolean, guarded: Set<number>): void {
  const each = (inner: readonly Expression[], also = false): void => {
    for (const one of inner) inExpression(one, safe || also, guarded);
  };
  switch (expression.kind) {
    case "literal":
      return;
    case "name":
      if (safe) guarded.add(expression.offset);
      return;
    case "list":
      return each(expression.items);
    case "map":
      return each(expression.entries.flatMap(({ key, value }) => [key, value]));
    case "path":
      each([expression.base]);
      return each(expression.keys.flatMap((key) => ("computed" in key ? [key.computed] : [])));
    case "call":
      return inCall(expression.call, safe, guarded);
    case "pipe":
      each(
        [expression.base],
        expression.calls.some(({ name }) => TOLERANT.has(name)),
      );
      return each(expression.calls.flatMap(({ args }) => args.map(({ value }) => value)));
    case "negate":
      return each([expression.operand]);
    case "not":
      return each([expression.operand], true);
    case "arithmetic":
      return each([expression.first, ...expression.rest.map(({ operand }) => operand)]);
    case "join":
      return each(expression.parts);
    case "compare":
      return each([expression.first, ...expression.rest.map(({ operand }) => operand)], true);
    case "test":
      return each(
        expression.argument === undefined ? [expression.operand] : [expression.operand, expression.argument],
        true,
      );
    case "logic":
      return each(expression.operands, true);
    case "choice":
      return each([expression.condition, expression.then, expression.otherwise], true);
    default:
      return expression satisfies never;
  }
}

function inCall(call: Call, safe: boolean, guarded: Set<number>): void {
  for (const { value } of call.args) inExpression(value, safe || TOLERANT.has(call.name), guarded);
}
