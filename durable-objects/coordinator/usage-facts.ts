import type { AttemptOutcome, UsageFact } from "../../contracts/usage.ts";
import type { Plan } from "../../engine/plan/types.ts";
import { addressOf } from "../../engine/run/path.ts";
import type { AttemptUsage, EngineEvent } from "../../engine/run/types.ts";

/** No attempt uses more than this of anything: what a service reports must not spoil the sums. */
const MOST = 1e12;

/** The metered event as a fact; undefined for all that is not metered. The engine's fold counts the same (`meter`). */
export function usageFact(plan: Plan | undefined, event: EngineEvent, seq: number, at: number): UsageFact | undefined {
  switch (event.type) {
    case "workflow.started":
      return { seq, at, executions: 1 };
    case "step.completed":
      return event.usage && attempt(plan, event.path, event.usage, "completed", seq, at);
    case "step.failed":
      return event.usage && attempt(plan, event.path, event.usage, "failed", seq, at);
    case "step.retrying":
      return event.usage && attempt(plan, event.path, event.usage, "retrying", seq, at);
    case "step.canceled":
      return event.usage && attempt(plan, event.path, event.usage, "canceled", seq, at);
    default:
      return undefined;
  }
}

function attempt(
  plan: Plan | undefined,
  path: string,
  usage: AttemptUsage,
  outcome: AttemptOutcome,
  seq: number,
  at: number,
): UsageFact {
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
