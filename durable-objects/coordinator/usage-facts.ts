import type { AttemptOutcome, UsageFact } from "../../contracts/usage.ts";
import type { Plan } from "../../engine/plan/types.ts";
import { addressOf } from "../../engine/run/path.ts";
import type { AttemptUsage, StampedEvent } from "../../engine/run/types.ts";

/** No attempt uses more than this of anything: what a service reports must not spoil the sums. */
const MOST = 1e12;

/** The metered event as a fact; undefined for all that is not metered. The engine's fold counts the same (`meter`). */
export function usageFact(plan: Plan | undefined, event: StampedEvent): UsageFact | undefined {
  const { seq, at } = event;
  switch (event.type) {
    case "workflow.started":
      return { seq, at, executions: 1 };
    case "step.completed":
      return attempt(plan, event, "completed");
    case "step.failed":
      return attempt(plan, event, "failed");
    case "step.retrying":
      return attempt(plan, event, "retrying");
    case "step.canceled":
      return attempt(plan, event, "canceled");
    default:
      return undefined;
  }
}

function attempt(
  plan: Plan | undefined,
  { seq, at, path, usage }: { seq: number; at: number; path: string; usage?: AttemptUsage },
  outcome: AttemptOutcome,
): UsageFact | undefined {
  if (!usage) return undefined;
  const step = plan?.byAddress.get(addressOf(path));
  const action = step?.action;
  return {
    seq,
    at,
    step_runs: 1,
    compute_ms: amount(usage.compute_ms),
    egress_bytes: amount(usage.egress_bytes),
    ai_tokens: amount((usage.input_tokens ?? 0) + (usage.output_tokens ?? 0)),
    connector: action ? `${action.namespace}/${action.connector}` : "",
    action: action?.action ?? "",
    kind: step?.kind ?? "",
    outcome,
  };
}

/** A whole amount; nothing where nothing was used, as JSON leaves that out. */
function amount(value: number): number | undefined {
  return value > 0 ? Math.min(Math.round(value), MOST) || undefined : undefined;
}
