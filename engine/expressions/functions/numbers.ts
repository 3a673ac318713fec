import type { Json } from "../../json.ts";
import { ExpressionError } from "../expression-error.ts";
import { arithmetic, finite } from "../operators.ts";
import type { Run } from "../run.ts";
import { kindOf } from "../values.ts";
import { asInteger, asList, asNumber } from "./arguments.ts";
import type { FunctionRow } from "./function-row.ts";
import { itemMember } from "./item-member.ts";
import { inOrder } from "./order.ts";

const value = { name: "value" };
const attribute = { name: "attribute", default: null };
const NUMERAL = /^[+-]?[0-9]+(?:\.[0-9]*)?(?:[eE][+-]?[0-9]+)?$/;

/** Moves the decimal point, on the digits that the number prints with: 1.005 by 2 is 100.5. */
function shift(number: number, digits: number): number {
  const [mantissa, exponent = "0"] = String(number).split("e");
  return Number(`${mantissa}e${Number(exponent) + digits}`);
}

function round(number: number, digits: number): number {
  const places = Math.max(-400, Math.min(400, digits));
  const shifted = shift(Math.abs(number), places);
  if (!Number.isFinite(shifted) || shifted >= Number.MAX_SAFE_INTEGER) return number;
  return finite(Math.sign(number) * shift(Math.round(shifted), -places), "round");
}

function toNumber(from: Json | undefined, otherwise: Json | undefined, what: string): number {
  if (typeof from === "number") return from;
  if (typeof from === "boolean") return from ? 1 : 0;
  if (typeof from === "string" && from.length <= 1_000 && NUMERAL.test(from.trim()))
    return finite(Number(from.trim()), what);
  if (otherwise !== undefined && otherwise !== null) return asNumber(otherwise, `The default of ${what}`);
  throw new ExpressionError(
    `${what} cannot read ${typeof from === "string" ? `the text ${JSON.stringify(from.slice(0, 40))}` : kindOf(from)} as a number`,
  );
}

function members(run: Run, list: Json | undefined, by: Json | undefined, what: string): readonly Json[] {
  const items = asList(list, what, run);
  return by === undefined || by === null ? items : items.map((item) => itemMember(run, item, by, what));
}

function total(run: Run, items: readonly Json[], start: Json): number {
  let sum = start;
  for (const item of items) sum = arithmetic(run, "+", asNumber(sum, "sum"), asNumber(item, "sum"));
  return asNumber(sum, "sum");
}

function extreme(run: Run, items: readonly Json[], sign: 1 | -1, what: string): Json {
  let best = items[0] ?? null;
  for (const item of items) if (inOrder(run, item, best, what) * sign < 0) best = item;
  return best;
}

function range(run: Run, first: Json | undefined, second: Json | undefined, third: Json | undefined): number[] {
  const open = second === undefined || second === null;
  const start = open ? 0 : asInteger(first, "range");
  const stop = asInteger(open ? first : second, "range");
  const step = third === undefined || third === null ? 1 : asInteger(third, "range");
  if (step === 0) throw new ExpressionError("range needs a step that is not 0");
  const length = Math.max(0, Math.ceil((stop - start) / step));
  run.spend(length);
  return Array.from({ length }, (_, index) => start + index * step);
}

export const NUMBER_FUNCTIONS: readonly FunctionRow[] = [
  {
    name: "round",
    summary: "number rounded to `digits` decimals, halves away from zero",
    parameters: [value, { name: "digits", default: 0, also: ["precision"] }],
    apply: ([number, digits]) => round(asNumber(number, "round"), asInteger(digits ?? 0, "round")),
  },
  {
    name: "abs",
    summary: "number without its sign",
    parameters: [value],
    apply: ([number]) => Math.abs(asNumber(number, "abs")),
  },
  {
    name: "int",
    summary: "whole number from a number, text or boolean, cut towards zero; `default` where it is none",
    parameters: [value, { name: "default", default: null }],
    apply: ([from, otherwise]) => finite(Math.trunc(toNumber(from, otherwise, "int")), "int"),
  },
  {
    name: "float",
    summary: "number from a number, text or boolean; `default` where it is none",
    parameters: [value, { name: "default", default: null }],
    apply: ([from, otherwise]) => finite(toNumber(from, otherwise, "float"), "float"),
  },
  {
    name: "sum",
    summary: "sum of a list of numbers, or of its items' member; 0 when empty",
    parameters: [value, attribute, { name: "start", default: 0 }],
    apply: ([list, by, start], run) => total(run, members(run, list, by, "sum"), start ?? 0),
  },
  {
    name: "avg",
    summary: "mean of a list of numbers, or of its items' member; null when empty",
    parameters: [value, attribute],
    apply: ([list, by], run) => {
      const items = members(run, list, by, "avg");
      return items.length === 0 ? null : finite(total(run, items, 0) / items.length, "avg");
    },
  },
  {
    name: "min",
    summary: "least item, or least member of the items, of a list; null when empty",
    parameters: [value, attribute],
    apply: ([list, by], run) => extreme(run, members(run, list, by, "min"), 1, "min"),
  },
  {
    name: "max",
    summary: "greatest item, or greatest member of the items, of a list; null when empty",
    parameters: [value, attribute],
    apply: ([list, by], run) => extreme(run, members(run, list, by, "max"), -1, "max"),
  },
  {
    name: "range",
    summary:
      "list of whole numbers: `range(stop)`, `range(start, stop)`, `range(start, stop, step)`; stop is not in it",
    parameters: [{ name: "start" }, { name: "stop", default: null }, { name: "step", default: 1 }],
    nests: 1,
    apply: ([first, second, third], run) => range(run, first, second, third),
  },
];
