import type { StepRecord } from "../../contracts/execution.ts";
import { stepRecord } from "../../contracts/execution-record.ts";
import type { Plan } from "../../engine/plan/types.ts";
import { newInstance } from "../../engine/run/new-run.ts";
import { addressOf, enclosing } from "../../engine/run/path.ts";
import type { StampedEvent } from "../../engine/run/types.ts";

/** The record of a step that the run remembers no longer (a late iteration, an old visit), from its own events. */
export function stepFromLog(plan: Plan, events: Iterable<StampedEvent>, path: string): StepRecord | null {
  const step = plan.byAddress.get(addressOf(path));
  if (!step) return null;
  const instance = newInstance(path, step, "step", enclosing(path).parent, 0);
  let found = false;
  for (const event of events) {
    if (!("path" in event) || event.path !== path || event.type === "log") continue;
    if (!found) instance.startedAt = event.at;
    found = true;
    switch (event.type) {
      case "step.started":
        instance.attempt = event.attempt;
        instance.status = "running";
        break;
      case "step.completed":
        instance.output = event.output ?? null;
        instance.cached = event.cached;
        delete instance.error;
        instance.status = "completed";
        instance.finishedAt = event.at;
        break;
      case "step.failed":
        instance.error = event.error;
        instance.status = "failed";
        instance.finishedAt = event.at;
        break;
      case "step.skipped":
      case "step.canceled":
        instance.status = event.type === "step.skipped" ? "skipped" : "canceled";
        instance.finishedAt = event.at;
        break;
      default:
    }
  }
  return found ? stepRecord(step, instance) : null;
}
