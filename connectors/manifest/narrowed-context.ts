import { isObject, type Json } from "../../engine/json.ts";

/** What the connector declares, or the action where it narrows that (section 17): an action alone cannot ask for more. */
export function narrowedContext(ofConnector: Json[] | undefined, ofAction: Json[] | undefined): Json[] | undefined {
  if (ofConnector === undefined || ofAction === undefined) return ofAction ?? ofConnector;
  const steps = new Set(ofConnector.flatMap(previousSteps));
  return ofAction.flatMap((need): Json[] => {
    if (!isObject(need)) return ofConnector.includes(need) ? [need] : [];
    return [{ previous_steps: previousSteps(need).filter((id) => steps.has(id)) }];
  });
}

function previousSteps(need: Json): Json[] {
  return isObject(need) && Array.isArray(need.previous_steps) ? need.previous_steps : [];
}
