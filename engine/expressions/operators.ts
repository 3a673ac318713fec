import { isObject, type Json } from "../json.ts";
import type { ArithmeticOperator, CompareOperator } from "./ast.ts";
import { ExpressionError } from "./expression-error.ts";
import type { Run } from "./run.ts";
import type { SecretValue } from "./types.ts";
import { equalsIn, isSecret, kindOf, refuseSecret } from "./values.ts";

/** A marked function of values of which at least one is, or holds, a secret. */
export function marked(fn: string, args: Json[]): SecretValue & { [key: string]: Json } {
  return { $secret: { fn, args } };
}

/** A number that JSON can hold, with one zero; anything else is VALIDATION. */
export function finite(value: number, what: string): number {
  if (!Number.isFinite(value)) throw new ExpressionError(`The result of ${what} is not a number that JSON can hold`);
  return value + 0;
}

/** Arithmetic on numbers, and `+` on two texts or two lists (section 20). */
export function arithmetic(run: Run, operator: ArithmeticOperator, left: Json, right: Json): Json {
  if (typeof left === "number" && typeof right === "number")
    return finite(calculate(operator, left, right), `\`${operator}\``);
  if (operator === "+") {
    if (typeof left === "string" && typeof right === "string") return run.produced(left + right);
    if (isText(left) && isText(right)) return marked("concat", [left, right]);
    if (Array.isArray(left) && Array.isArray(right)) {
      run.spend(left.length + right.length);
      return [...left, ...right];
    }
    throw new ExpressionError(
      `\`+\` joins two texts or two lists, or adds two numbers, not ${kindOf(left)} and ${kindOf(right)}; \`~\` joins anything as text`,
    );
  }
  throw new ExpressionError(`\`${operator}\` needs two numbers, not ${kindOf(left)} and ${kindOf(right)}`);
}

function isText(value: Json): boolean {
  return typeof value === "string" || isSecret(value);
}

function calculate(operator: ArithmeticOperator, left: number, right: number): number {
  switch (operator) {
    case "+":
      return left + right;
    case "-":
      return left - right;
    case "*":
      return left * right;
    case "**":
      return left ** right;
    default:
      if (right === 0) throw new ExpressionError("Division by zero");
      return divide(operator, left, right);
  }
}

/** `//` and `%` are floored, so that the remainder has the sign of the divisor. */
function divide(operator: "/" | "//" | "%", left: number, right: number): number {
  if (operator === "/") return left / right;
  const remainder = left % right;
  const floored = remainder !== 0 && remainder < 0 !== right < 0 ? remainder + right : remainder;
  return operator === "%" ? floored : Math.round((left - floored) / right);
}

/** One comparison. Order exists between two numbers and between two texts only. */
export function compare(run: Run, operator: CompareOperator, left: Json, right: Json): boolean {
  switch (operator) {
    case "==":
      return equalsIn(run, left, right);
    case "!=":
      return !equalsIn(run, left, right);
    case "in":
      return includes(run, right, left);
    case "not in":
      return !includes(run, right, left);
    default:
      return inOrder(run, operator, left, right);
  }
}

function inOrder(run: Run, operator: "<" | "<=" | ">" | ">=", left: Json, right: Json): boolean {
  refuseSecret(left, "in a comparison");
  refuseSecret(right, "in a comparison");
  const numbers = typeof left === "number" && typeof right === "number";
  if (!numbers && !(typeof left === "string" && typeof right === "string")) {
    throw new ExpressionError(
      `\`${operator}\` compares two numbers or two texts, not ${kindOf(left)} and ${kindOf(right)}`,
    );
  }
  if (typeof left === "string") run.spend(left.length >> 10);
  switch (operator) {
    case "<":
      return left < right;
    case "<=":
      return left <= right;
    case ">":
      return left > right;
    case ">=":
      return left >= right;
  }
}

/** Whether a list has an equal item, a map has the key, a text has the part. Nothing is in null. */
export function includes(run: Run, container: Json, item: Json): boolean {
  refuseSecret(container, "in a comparison");
  refuseSecret(item, "in a comparison");
  if (container === null) return false;
  if (Array.isArray(container)) {
    run.spend(container.length);
    return container.some((candidate) => equalsIn(run, candidate, item));
  }
  if (isObject(container)) return typeof item === "string" && Object.hasOwn(container, item);
  if (typeof container === "string" && typeof item === "string") {
    run.spend(container.length >> 10);
    return container.includes(item);
  }
  throw new ExpressionError(`${kindOf(item)} cannot be in ${kindOf(container)}`);
}
