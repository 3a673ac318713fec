import { durationMs } from "../definition/duration.ts";
import type { JsonObject } from "../json.ts";
import type { Budget } from "./types.ts";

/** `budget` as it is written (`max_seconds`, …, `hold`) → what the run counts with. Unknown members are ignored. */
export function readBudget(written: JsonObject | undefined): Budget {
  if (written === undefined) return {};
  const { hold } = written;
  return {
    maxSeconds: amount(written.max_seconds),
    maxTokens: amount(written.max_tokens),
    maxMessages: amount(written.max_messages),
    maxSteps: amount(written.max_steps),
    maxCost: amount(written.max_cost),
    holdMs: typeof hold === "number" || typeof hold === "string" ? durationMs(hold) : undefined,
  };
}

/** `raise` over `budget`, member by member. */
export function raisedBudget(budget: Budget, raise: Budget): Budget {
  return { ...budget, ...Object.fromEntries(Object.entries(raise).filter(([, value]) => value !== undefined)) };
}

function amount(value: unknown): number | undefined {
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}
