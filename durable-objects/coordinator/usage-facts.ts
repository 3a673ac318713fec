import type { AttemptOutcome } from "../../contracts/usage.ts";
import type { Plan, PlanStep } from "../../engine/plan/types.ts";
import { addressOf } from "../../engine/run/path.ts";
import type { AttemptUsage, EngineEvent } from "../../engine/run/types.ts";

/** No attempt uses more than this of anything: what a service reports must not spoil the sums. */
const MOST = 1e12;
const UNKNOWN = '"","",""';

/**
 * The metered event as the JSON text of a `UsageFactRow`; undefined for all that is not metered. The engine's fold counts the same
 * (`meter`). A text from the start: thousands of facts are kept until the sink asks, and nobody here looks into one.
 */
export function usageFact(plan: Plan | undefined, event: EngineEvent, seq: number, at: number): string | undefined {
  switch (event.type) {
    case "workflow.started":
      return `[${seq},${at},1]`;
    case "step.completed":
      return event.usage && attempt(plan, event.path, event.usage, "completed", seq, at);
    case "step.failed":
      return event.usage && attempt(plan, event.path, event.usage, "failed", seq, at);
    case "step.waiting":
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
): string {
  const tokens = (usage.input_tokens ?? 0) + (usage.output_tokens ?? 0);
  const amounts = `${amount(usage.compute_ms)},${amount(usage.egress_bytes)},${amount(tokens)}`;
  const step = plan?.byAddress.get(addressOf(path));
  return `[${seq},${at},0,1,${amounts},${step === undefined ? UNKNOWN : namesOf(step)},"${outcome}"]`;
}

const names = new WeakMap<PlanStep, string>();

/** Connector, action and kind of a step, as members of the row. */
function namesOf(step: PlanStep): string {
  const known = names.get(step);
  if (known !== undefined) return known;
  const { action, kind } = step;
  const connector = action ? `${action.namespace}/${action.connector}` : "";
  const text = JSON.stringify([connector, action?.action ?? "", kind]).slice(1, -1);
  names.set(step, text);
  return text;
}

/** A whole amount. */
function amount(value: number): number {
  return value > 0 ? Math.min(Math.round(value), MOST) : 0;
}
