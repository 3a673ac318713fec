import type { StepDefinition } from "../definition/types.ts";
import type { Json } from "../json.ts";

/** What a step goes over, and how the field is called. */
export interface ItemList {
  step: StepDefinition;
  items: Json;
  names: readonly string[];
}

/** Every list that is looped over: of `for_each`, and of a `forEach` step. */
export function* itemLists(steps: readonly StepDefinition[]): Generator<ItemList> {
  for (const step of steps) {
    if (step.forEach !== undefined) yield { step, items: step.forEach, names: ["for_each", "forEach"] };
    if (step.kind === "forEach") yield { step, items: step.items, names: ["items"] };
  }
}
