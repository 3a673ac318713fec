import type { RandomSource } from "../../engine/expressions/random-source.ts";
import type { PartialRetry } from "../../engine/definition/types.ts";
import { RUN_ERROR_CODES } from "../../engine/errors.ts";
import type { Json, JsonObject } from "../../engine/json.ts";

/** Names of events that workflows wait for and that the world sends. */
export const EVENT_NAMES = ["paid", "landed", "read"] as const;
export const EVENT_KEYS = ["k1", "k2"] as const;
export const ROLES = ["boss", "lead", "crew"] as const;
/** Who starts every simulated run. */
export const STARTER = "key_starter";

/** One of the choices, each as often as its weight says. */
export function weighted<T>(random: RandomSource, choices: readonly (readonly [number, T])[]): T {
  let at = random.below(choices.reduce((sum, [weight]) => sum + weight, 0));
  for (const [weight, choice] of choices) {
    at -= weight;
    if (at < 0) return choice;
  }
  throw new Error("weights are positive");
}

/** A condition over what may have run before; one in a while cannot be evaluated at all. */
export function randomCondition(random: RandomSource, known: readonly string[], inLoop: boolean): Json {
  const earlier = known.length > 0 ? known[random.below(known.length)] : undefined;
  const choices: [number, Json][] = [
    [3, true],
    [2, false],
    [2, "inputs.n > 3"],
    [2, "{{ inputs.flag }}"],
    [1, "1 / inputs.zero > 1"],
  ];
  if (earlier !== undefined) {
    choices.push([4, `(steps.${earlier}.output.n | default(0)) > 4`]);
    choices.push([3, `steps.${earlier}.status == 'success'`]);
  }
  if (inLoop) choices.push([4, "index % 2 == 0"], [2, "item == 2"]);
  return weighted(random, choices);
}

/** What a loop goes over: lists, a map, nothing, and what no loop goes over. */
export function randomItems(random: RandomSource, known: readonly string[]): Json {
  const earlier = known.length > 0 ? known[random.below(known.length)] : undefined;
  const choices: (readonly [number, Json])[] = [
    [4, "[1, 2, 3]"],
    [3, "range(5)"],
    [2, "inputs.list"],
    [2, "{a: 1, b: 2}"],
    [1, "[]"],
    [1, "inputs.n"],
    [1, "range(12)"],
    ...(random.chance(1) ? [[20, "range(130)"] as const] : []),
  ];
  if (earlier !== undefined) choices.push([2, `(steps.${earlier}.output.list | default([1, 2]))`]);
  return weighted(random, choices);
}

export function randomRetry(random: RandomSource): PartialRetry {
  const retry: PartialRetry = {
    maxAttempts: 1 + random.below(4),
    backoff: random.pick(["fixed", "linear", "exponential", "none"]),
    initialDelayMs: random.pick([0, 10, 700, 5_000]),
  };
  if (random.chance(30)) retry.maxDelayMs = random.pick([5, 1_000, 60_000]);
  if (random.chance(50)) retry.jitter = random.chance(50);
  if (random.chance(30)) {
    retry.retryOn = ["UNKNOWN_OUTCOME", ...RUN_ERROR_CODES].filter(() => random.chance(50));
  }
  return retry;
}

/** The approval before a step or workflow, or the roles it asks of who started it. */
export function randomAuthorization(random: RandomSource): JsonObject {
  if (random.chance(15)) return { roles: [random.pick(ROLES)] };
  return {
    approval: {
      approvers: ROLES.filter(() => random.chance(35)),
      ...(random.chance(60) ? { timeout: random.pick(["5s", "2m", "2h"]) } : {}),
      ...(random.chance(70) ? { onTimeout: random.pick(["reject", "allow", "escalate"]) } : {}),
      ...(random.chance(30) ? { allow_self: true } : {}),
    },
  };
}

export function randomGuardrails(random: RandomSource): JsonObject {
  return weighted<JsonObject>(random, [
    [3, { timeLimit: random.pick(["2s", "90s", "20m"]) }],
    [2, { outputSchema: { type: "object", required: ["n"] } }],
    [2, { maxTokens: random.pick([1, 20]) }],
    [1, { maxCost: 0.5 }],
  ]);
}

export function randomBudget(random: RandomSource, graph: boolean): JsonObject {
  const budget: JsonObject = {};
  if (random.chance(50)) budget.max_steps = 3 + random.below(25);
  if (random.chance(30)) budget.max_tokens = random.pick([1, 15, 60]);
  if (random.chance(20)) budget.max_cost = random.pick([0.3, 2]);
  if (graph && random.chance(50)) budget.max_messages = 2 + random.below(12);
  if (graph && random.chance(30)) budget.max_seconds = random.pick([30, 600, 7_200]);
  if (random.chance(40)) budget.hold = random.pick(["10s", "2h"]);
  return budget;
}
