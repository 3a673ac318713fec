import type { PinnedAction } from "../../../engine/connector.ts";
import type { ActionStep } from "../../../engine/definition/types.ts";
import { compileValue } from "../../../engine/expressions/index.ts";
import { isObject, type Json } from "../../../engine/json.ts";
import { pointerSegments, pointerTo } from "../../../engine/source/tree.ts";

function readsSecret(text: string): boolean {
  const compiled = compileValue(text);
  return compiled.ok && compiled.compiled.references.some((reference) => reference.root === "secrets");
}

function* secretPlaces(value: Json, pointer: string): Generator<string> {
  if (typeof value === "string" && value.includes("secrets") && readsSecret(value)) yield pointer;
  else if (Array.isArray(value))
    for (const [index, item] of value.entries()) yield* secretPlaces(item, pointerTo(pointer, index));
  else if (isObject(value))
    for (const [key, member] of Object.entries(value)) yield* secretPlaces(member, pointerTo(pointer, key));
}

/** `/headers/*` allows every place at or below any member of `headers`. */
function allows(pattern: string, pointer: string): boolean {
  const wanted = pointerSegments(pattern);
  const actual = pointerSegments(pointer);
  return wanted.length <= actual.length && wanted.every((segment, at) => segment === "*" || segment === actual[at]);
}

/** Places of a step's input that read a secret where the action's schema does not say `x-secret` (section 6). */
export function misplacedSecrets(step: Pick<ActionStep, "input">, pin: Pick<PinnedAction, "secretMembers">): string[] {
  const allowed = pin.secretMembers ?? [];
  return [...secretPlaces(step.input ?? null, "")].filter(
    (place) => !allowed.some((pattern) => allows(pattern, place)),
  );
}
