import type { Json } from "../../json.ts";
import { ExpressionError } from "../expression-error.ts";
import type { Run } from "../run.ts";
import { kindOf, refuseSecret } from "../values.ts";

function rank(value: Json, what: string): number {
  if (value === null) return 0;
  if (typeof value === "boolean") return 1;
  if (typeof value === "number") return 2;
  if (typeof value === "string") return 3;
  refuseSecret(value, "in a comparison");
  throw new ExpressionError(`${what} orders numbers and texts, not ${kindOf(value)}`);
}

/** Negative, zero or positive: null, then false and true, then numbers, then texts by their code units. */
export function inOrder(run: Run, a: Json, b: Json, what: string): number {
  run.spend(1);
  const difference = rank(a, what) - rank(b, what);
  if (difference !== 0) return difference;
  if (typeof a === "number" && typeof b === "number") return a - b;
  if (typeof a === "boolean" && typeof b === "boolean") return Number(a) - Number(b);
  if (typeof a !== "string" || typeof b !== "string" || a === b) return 0;
  run.spend(a.length >> 10);
  return a < b ? -1 : 1;
}
