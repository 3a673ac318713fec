import type { RunError } from "../errors.ts";
import type { PlanStep } from "../plan/types.ts";
import type { Instance } from "./state.ts";
import type { ActionResult } from "./types.ts";

/** Why a step may not be tried again, when its reported usage is over a guardrail. */
export function overspends(step: PlanStep, { spent }: Instance, { usage }: ActionResult): RunError | undefined {
  const { maxCost, maxTokens } = step.guard ?? {};
  const cost = (spent?.cost ?? 0) + (usage?.cost ?? 0);
  const tokens = (spent?.tokens ?? 0) + (usage?.input_tokens ?? 0) + (usage?.output_tokens ?? 0);
  const limit =
    maxCost !== undefined && cost >= maxCost
      ? "maxCost"
      : maxTokens !== undefined && tokens >= maxTokens
        ? "maxTokens"
        : undefined;
  if (limit === undefined) return undefined;
  const [used, max] = limit === "maxCost" ? [cost, maxCost] : [tokens, maxTokens];
  const message = `Step ${step.id} may not be tried again: its guardrail ${limit} of ${max} is spent (${used})`;
  return { code: "QUOTA_EXCEEDED", message, details: { limit, max: max ?? 0, used } };
}

/** The failure of a step whose output its `outputSchema` refuses. */
export function guardrailFailure(id: string, problems: readonly { path: string; message: string }[]): RunError {
  const [first] = problems;
  return {
    code: "VALIDATION",
    message: `The output of step ${id} does not fit its guardrail: ${first?.path} ${first?.message}`,
    details: { guardrail: "outputSchema", problems: problems.map(({ path, message }) => ({ path, message })) },
  };
}
