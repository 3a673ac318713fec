import type { Json } from "../../json.ts";
import { ExpressionError } from "../expression-error.ts";
import { memberOf } from "../member.ts";
import type { Run } from "../run.ts";
import { kindOf } from "../values.ts";

/** The member of a list's item that `attribute` names, dotted names reaching inside; missing is an error only under strict. */
export function itemMember(run: Run, item: Json, attribute: Json, what: string): Json {
  const found = lookInside(run, item, attribute, what);
  if (found !== undefined) return found;
  if (run.scope.strict)
    throw new ExpressionError(`An item of ${what} has no member ${String(attribute)}`, { member: String(attribute) });
  return null;
}

/** As `itemMember`, with undefined for what is missing. */
export function lookInside(run: Run, item: Json, attribute: Json, what: string): Json | undefined {
  if (typeof attribute === "number") return memberOf(item, attribute);
  if (typeof attribute !== "string")
    throw new ExpressionError(`${what} needs the name of a member, not ${kindOf(attribute)}`);
  const names = attribute.split(".");
  run.spend(names.length);
  let found: Json | undefined = item;
  for (const name of names)
    found = found === undefined ? undefined : memberOf(found, /^[0-9]+$/.test(name) ? Number(name) : name);
  return found;
}
