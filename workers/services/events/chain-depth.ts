import { isObject } from "../../../engine/json.ts";
import type { Context } from "../context.ts";
import { onCell } from "../object-calls.ts";

/**
 * How many event triggers led to an event that an execution publishes: one more than led to the execution. Its sender names it
 * by the header that services are called with; an id that is not the tenant's own counts for nothing.
 */
export async function chainDepth({ ports, caller }: Context, executionId: string | undefined): Promise<number> {
  const cell = executionId === undefined ? null : ports.placement.locate(caller, executionId);
  if (executionId === undefined || cell === null) return 0;
  const page = await onCell(ports, cell, (it) => it.readEvents(executionId, { after: 0 }));
  const trigger = page?.events[0]?.data.trigger;
  const depth = isObject(trigger) && typeof trigger.depth === "number" ? trigger.depth : 0;
  return page === null ? 0 : depth + 1;
}
