import { RUN_ERROR_CODES, type RunErrorCode } from "../../engine/errors.ts";
import type { RandomSource } from "../../engine/expressions/random-source.ts";
import type { Json } from "../../engine/json.ts";
import type { ActionCall, ActionResult, AttemptUsage } from "../../engine/run/types.ts";
import { weighted } from "./random-parts.ts";

/** What the world does with one attempt. */
export interface Answer {
  result: ActionResult;
  /** Undefined: it never answers, and the host gives the attempt up at its deadline. */
  afterMs?: number;
  /** The same answer comes again this much later; of a service that finishes later, its result. */
  againMs?: number;
  later?: ActionResult;
}

/** `faults`: it may fail, hang, or answer twice. */
export function randomAnswer(random: RandomSource, call: ActionCall, faults: boolean): Answer {
  const afterMs = weighted(random, [
    [4, 0],
    [4, 1 + random.below(500)],
    [2, 1_000 + random.below(40_000)],
  ]);
  if (!faults) return { result: success(random, call), afterMs };
  const what = weighted(random, [
    [60, "ok"],
    [28, "fails"],
    [7, "hangs"],
    [5, "twice"],
    [call.workflow === undefined ? 8 : 0, "later"],
  ] as const);
  switch (what) {
    case "ok":
      return { result: success(random, call), afterMs };
    case "twice":
      return { result: success(random, call), afterMs, againMs: random.below(2_000) };
    case "fails":
      return { result: failure(random, call), afterMs };
    case "later":
      return {
        result: pending(random),
        later: random.chance(70) ? success(random, call) : failure(random, call),
        afterMs,
        againMs: random.below(200_000),
      };
    case "hangs":
      return { result: success(random, call) };
    default:
      return what satisfies never;
  }
}

/** It takes the work, and may have to say that it is alive. */
function pending(random: RandomSource): ActionResult {
  const error = { code: "UNAVAILABLE", message: "the world wants to answer later" } as const;
  const heartbeat = random.chance(40) ? { heartbeatMs: 1_000 + random.below(60_000) } : {};
  return {
    ok: false,
    permanent: true,
    error,
    pending: heartbeat,
    ...(random.chance(70) ? { usage: usage(random) } : {}),
  };
}

function success(random: RandomSource, call: ActionCall): ActionResult {
  const output = weighted<() => Json>(random, [
    [8, () => ({ n: random.below(9), list: [1, 2].slice(random.below(3)), tag: "a" })],
    [2, () => random.below(9)],
    [1, () => null],
    [1, () => ({ echo: call.input })],
    [random.chance(10) ? 1 : 0, () => ({ $secret: "stolen" })],
  ])();
  if (call.cache && random.chance(20)) return { ok: true, output, cached: true };
  if (call.workflow !== undefined) {
    return { ok: true, output: { outputs: output, execution_id: "exec_child" }, spent: spent(random) };
  }
  return { ok: true, output, usage: usage(random) };
}

function failure(random: RandomSource, call: ActionCall): ActionResult {
  const code: RunErrorCode = random.chance(50)
    ? random.pick(["UNAVAILABLE", "TIMEOUT", "BACKEND_ERROR"])
    : (RUN_ERROR_CODES[random.below(RUN_ERROR_CODES.length)] ?? "TIMEOUT");
  const metered = call.workflow === undefined ? { usage: usage(random) } : { spent: spent(random) };
  return {
    ok: false,
    error: { code, message: `the world said ${code}`, ...(random.chance(20) ? { details: { why: "chance" } } : {}) },
    ...(random.chance(80) ? metered : {}),
    ...(random.chance(15) ? { retryAfterMs: random.below(90_000) } : {}),
    ...(random.chance(15) ? { outcomeUnknown: true } : {}),
    ...(random.chance(7) ? { permanent: true } : {}),
  };
}

function usage(random: RandomSource): AttemptUsage {
  const measured: AttemptUsage = { compute_ms: random.below(50), egress_bytes: random.below(1_000) };
  if (random.chance(35)) {
    measured.input_tokens = random.below(10);
    measured.output_tokens = random.below(10);
    // Sums of quarters are exact.
    measured.cost = random.below(4) / 4;
  }
  return measured;
}

function spent(random: RandomSource): { tokens: number; cost: number } {
  return { tokens: random.below(12), cost: random.below(3) / 4 };
}
