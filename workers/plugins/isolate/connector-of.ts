import type { ActionCall } from "../../../engine/run/types.ts";

/** The connector of a call, as a secret's scope may name it: `namespace/name@version`. */
export function connectorOf({ action }: Pick<ActionCall, "action">): string {
  return `${action.namespace}/${action.connector}@${action.version}`;
}
