import type { PinnedAction } from "../engine/connector.ts";
import { ExpressionError } from "../engine/expressions/expression-error.ts";
import { containsSecret, revealSecrets } from "../engine/expressions/secrets.ts";
import { isObject, type Json } from "../engine/json.ts";
import { type Failed, failed } from "./failed.ts";
import { pointerSegments, pointerTo } from "../engine/source/tree.ts";

/** The failure that a marked secret is where the action's schema does not say `x-secret`; undefined when there is none. */
export function misplacedSecret({ input, action }: MarkedCall): Failed | undefined {
  // Most inputs hold none, and the names of their members need not be written as pointers to see that.
  const field = containsSecret(input) ? misplacedBelow(input, action.secretMembers ?? [], "") : undefined;
  if (field === undefined) return undefined;
  const place = field === "" ? "the input" : field;
  return failed("VALIDATION", `A secret may not stand in ${place}: its schema does not say x-secret`, { field }, true);
}

interface MarkedCall {
  input: Json;
  action: Pick<PinnedAction, "secretMembers">;
}

function misplacedBelow(input: Json, allowed: readonly string[], pointer: string): string | undefined {
  if (input === null || typeof input !== "object") return undefined;
  if (allowed.some((pattern) => covers(pattern, pointer))) return undefined;
  if (isObject(input) && Object.hasOwn(input, "$secret")) return pointer;
  for (const [key, item] of Object.entries(input)) {
    const found = misplacedBelow(item, allowed, pointerTo(pointer, key));
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Whether a pattern (`*` for any member) names this place or one above it. */
function covers(pattern: string, pointer: string): boolean {
  const wanted = pointerSegments(pattern);
  const given = pointerSegments(pointer);
  return wanted.length <= given.length && wanted.every((segment, index) => segment === "*" || segment === given[index]);
}

/**
 * The input with every marked secret in the clear: only for the outgoing request, never for anything that is stored.
 * `revealed` is told each value, functions of secrets included: what comes back is masked by them.
 */
export function revealInput(
  input: Json,
  secrets: Readonly<Record<string, string>>,
  revealed: (value: Json) => void,
): Json {
  const lookup = (name: string): string => {
    const value = Object.hasOwn(secrets, name) ? secrets[name] : undefined;
    if (value === undefined) throw new ExpressionError(`The secret ${name} is not set`);
    return value;
  };
  return revealSecrets(input, lookup, revealed);
}
