import { isObject, type Json } from "../json.ts";
import type { CompareOperator } from "./ast.ts";
import { compare } from "./operators.ts";
import type { Read, Run } from "./run.ts";

/** A test of `is`. `argument`: it takes one operand, as in `x is ge 3`. */
export interface TestRow {
  name: string;
  summary: string;
  argument?: true;
  /** Looks at whether the value is there at all: it sees `undefined`, even in a strict workflow. */
  looksAtMissing?: true;
  apply(value: Json, argument: Json, run: Run, read: Read): boolean;
}

const whole = (value: Json): value is number => typeof value === "number" && Number.isInteger(value);

function comparison(name: string, operator: CompareOperator, summary: string): TestRow {
  return { name, summary, argument: true, apply: (value, argument, run) => compare(run, operator, value, argument) };
}

const ROWS: TestRow[] = [
  {
    name: "defined",
    summary: "is there, even if null",
    looksAtMissing: true,
    apply: (_value, _argument, _run, read) => read !== undefined,
  },
  {
    name: "undefined",
    summary: "is missing",
    looksAtMissing: true,
    apply: (_value, _argument, _run, read) => read === undefined,
  },
  { name: "none", summary: "is null", apply: (value) => value === null },
  { name: "null", summary: "is null", apply: (value) => value === null },
  { name: "string", summary: "is text", apply: (value) => typeof value === "string" },
  { name: "number", summary: "is a number", apply: (value) => typeof value === "number" },
  { name: "integer", summary: "is a whole number", apply: whole },
  {
    name: "float",
    summary: "is a number with a fraction",
    apply: (value) => typeof value === "number" && !whole(value),
  },
  { name: "boolean", summary: "is true or false", apply: (value) => typeof value === "boolean" },
  { name: "true", summary: "is exactly true", apply: (value) => value === true },
  { name: "false", summary: "is exactly false", apply: (value) => value === false },
  {
    name: "sequence",
    summary: "is a list or text",
    apply: (value) => Array.isArray(value) || typeof value === "string",
  },
  {
    name: "iterable",
    summary: "is a list, a map or text",
    apply: (value) => typeof value === "string" || (typeof value === "object" && value !== null),
  },
  { name: "mapping", summary: "is a map", apply: isObject },
  { name: "even", summary: "is an even whole number", apply: (value) => whole(value) && value % 2 === 0 },
  { name: "odd", summary: "is an odd whole number", apply: (value) => whole(value) && value % 2 !== 0 },
  comparison("in", "in", "is in the operand, as the operator `in`"),
  comparison("eq", "==", "equals the operand"),
  comparison("ne", "!=", "does not equal the operand"),
  comparison("lt", "<", "is less than the operand"),
  comparison("le", "<=", "is at most the operand"),
  comparison("gt", ">", "is greater than the operand"),
  comparison("ge", ">=", "is at least the operand"),
];

/** All tests of `is`, by name (section 20). */
export const TESTS: ReadonlyMap<string, TestRow> = new Map(ROWS.map((row) => [row.name, row]));
