import { Refusal } from "./refusal.ts";

const MOST_CHARACTERS = 1_048_576;

/** The answer that carries a result; undefined is null. Throws a refusal where JSON cannot hold it. */
export function jsonTextOf(value: unknown): string {
  if (value === undefined) return "vnull";
  const text = JSON.stringify(value, refuseWhatJsonDrops);
  return text.length > MOST_CHARACTERS ? "soutput" : `v${text}`;
}

/** JSON would leave these out, or write null, without a word. Members that are undefined are left out, as everywhere. */
function refuseWhatJsonDrops(key: string, value: unknown): unknown {
  const kind = unfit(value);
  if (kind === null) return value;
  throw new Refusal(`the result ${key === "" ? "is" : `has at "${key}"`} ${kind}, which JSON cannot hold`);
}

function unfit(value: unknown): string | null {
  switch (typeof value) {
    case "function":
      return "a function";
    case "symbol":
      return "a symbol";
    case "bigint":
      return "a BigInt";
    case "number":
      return Number.isFinite(value) ? null : String(value);
    default:
      return unfitObject(value);
  }
}

function unfitObject(value: unknown): string | null {
  if (typeof value !== "object" || value === null) return null;
  if (value instanceof Map) return "a Map";
  if (value instanceof Set) return "a Set";
  return "_jsonata_lambda" in value || "_jsonata_function" in value ? "a function" : null;
}
