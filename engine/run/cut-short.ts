import type { Settled } from "./settled.ts";
import type { Instance } from "./state.ts";
import type { AttemptUsage, TurnHost } from "./types.ts";

/** An attempt that reached its plugin and was given up is a step run, whatever it had done by then (section 16). */
const CUT_SHORT: AttemptUsage = { compute_ms: 0, egress_bytes: 0 };

/** What an attempt in flight is metered with, or has spent, when nobody waits for its answer any longer. */
export function cutShort(instance: Instance, host: TurnHost): Pick<Settled, "usage" | "spent"> {
  if (instance.step?.kind !== "subworkflow") {
    const { path, attempt, task } = instance;
    if (task) return { usage: task.usage ?? CUT_SHORT };
    return host.hasSent?.(path, attempt) === false ? {} : { usage: CUT_SHORT };
  }
  const spent = instance.child === undefined ? undefined : host.spentBy?.(instance.child);
  return spent ? { spent } : {};
}
