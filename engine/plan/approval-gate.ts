import type { PinnedAction } from "../connector.ts";
import { isObject, type JsonObject } from "../json.ts";

/**
 * What a step, or a workflow, is to be approved by before it begins (section 2). A step may ask for what it likes,
 * by which it replaces what the connector of its action asks for; it cannot leave that out. What undoes a step is given no
 * `action` here: a run that is ending has no deadline any more, and would wait for ever.
 */
export function approvalGate(
  authorization: JsonObject | undefined,
  action?: Pick<PinnedAction, "approval">,
): JsonObject | undefined {
  const approval = authorization?.enabled === false ? undefined : authorization?.approval;
  return isObject(approval) && approval.required !== false ? approval : action?.approval;
}
