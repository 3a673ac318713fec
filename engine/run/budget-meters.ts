import type { RunState } from "./state.ts";

/**
 * Members of a budget as they are written, with what counts against them. What subworkflows have spent is part of it: their
 * steps, too, although those are steps of executions of their own everywhere else.
 */
export const BUDGET_METERS = [
  ["max_steps", "maxSteps", (state: RunState) => state.steps + (state.spent.steps ?? 0)],
  ["max_tokens", "maxTokens", (state: RunState) => state.spent.tokens],
  ["max_cost", "maxCost", (state: RunState) => state.spent.cost],
] as const;
