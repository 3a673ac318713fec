import { isObject, type Json, type JsonObject, member } from "../json.ts";
import { jsonEqual } from "../schema/equal.ts";

/**
 * True when a payload has every member that a trigger's filter names (dotted names reach inside) with an equal value; a list
 * in the filter is met by any of its items, and by an equal list.
 */
export function fitsFilter(filter: JsonObject, payload: Json): boolean {
  return Object.entries(filter).every(([path, wanted]) => {
    const found = memberAt(payload, path);
    if (found === undefined) return false;
    return jsonEqual(found, wanted) || (Array.isArray(wanted) && wanted.some((item) => jsonEqual(item, found)));
  });
}

/** A member by its name, or by dotted names inside (section 20). */
export function memberAt(payload: Json, path: string): Json | undefined {
  if (!isObject(payload)) return undefined;
  const whole = member(payload, path);
  if (whole !== undefined) return whole;
  let at: Json | undefined = payload;
  for (const name of path.split(".")) at = isObject(at) ? member(at, name) : undefined;
  return at;
}
