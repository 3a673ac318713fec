import { isObject, type Json, type JsonObject } from "../../../engine/json.ts";
import { order, sameValue } from "./compare.ts";
import { asText, atPath } from "./read-input.ts";

type Test = (found: Json | undefined, wanted: Json | undefined) => boolean;

const ordered =
  (accept: (sign: number) => boolean): Test =>
  (found, wanted) => {
    const sign = order(found, wanted);
    return sign !== undefined && accept(sign);
  };

const above = ordered((sign) => sign > 0);
const atLeast = ordered((sign) => sign >= 0);
const below = ordered((sign) => sign < 0);
const atMost = ordered((sign) => sign <= 0);

/** A missing member equals null. */
const equal: Test = (found, wanted) => sameValue(found ?? null, wanted ?? null);

const holds: Test = (found, wanted) => {
  if (typeof found === "string") return found.includes(asText(wanted));
  if (Array.isArray(found)) return found.some((item) => sameValue(item, wanted ?? null));
  return isObject(found) && typeof wanted === "string" && Object.hasOwn(found, wanted);
};
const within: Test = (found, wanted) => holds(wanted, found ?? null);
const exists: Test = (found) => found !== undefined && found !== null;

const not =
  (test: Test): Test =>
  (found, wanted) =>
    !test(found, wanted);

const TESTS: Record<string, Test> = {
  ">": above,
  gt: above,
  ">=": atLeast,
  gte: atLeast,
  "<": below,
  lt: below,
  "<=": atMost,
  lte: atMost,
  "==": equal,
  eq: equal,
  "!=": not(equal),
  ne: not(equal),
  in: within,
  not_in: not(within),
  contains: holds,
  not_contains: not(holds),
  starts_with: (found, wanted) => typeof found === "string" && found.startsWith(asText(wanted)),
  ends_with: (found, wanted) => typeof found === "string" && found.endsWith(asText(wanted)),
  exists,
  not_exists: not(exists),
};

/** Whether one condition of `data.filter` holds for an item. Values of different types have no order. */
export function holdsFor(item: Json, condition: JsonObject): boolean {
  const test = TESTS[asText(condition.operator)];
  return test?.(atPath(item, asText(condition.field)), condition.value) ?? false;
}
