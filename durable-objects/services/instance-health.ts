import type { ProbeAnswer } from "../../contracts/services-rpc.ts";
import type { StoredInstance } from "./instance-table.ts";

/** Failures in a row after which an instance gets no calls. */
const MOST_FAILURES = 3;
/** An instance that nobody has reached for so long, however often, is forgotten: it registers again when it starts. */
const FORGOTTEN_MS = 7 * 86_400_000;
/** A clock that jumps is no week: so often it was asked at least. A week at the longest pause is 2,000 times. */
const FEWEST_FAILURES = 500;
/** The longest pause between probes of one that is out. */
const LONGEST_PAUSE_MS = 300_000;

/** What a probe or a call says of an instance: the instance as it is from now on, or null when it is forgotten. */
export function afterProbe(
  instance: StoredInstance,
  health: ProbeAnswer["health"],
  now: number,
  everyMs: number,
): StoredInstance | null {
  if (health === "ok" || health === "degraded") {
    return { ...instance, health, out: false, failures: 0, failingSince: null, checkedAt: now, due: now + everyMs };
  }
  const failures = instance.failures + 1;
  const failingSince = instance.failingSince ?? now;
  if (now - failingSince > FORGOTTEN_MS && failures >= FEWEST_FAILURES) return null;
  const out = instance.out || failures >= MOST_FAILURES;
  return { ...instance, health, out, failures, failingSince, checkedAt: now, due: now + pause(failures, everyMs) };
}

/** Sooner than usual while it is being doubted; then ever longer. */
function pause(failures: number, everyMs: number): number {
  const doubted = Math.max(100, Math.round(everyMs / 6));
  return Math.min(doubted * 2 ** Math.max(0, failures - MOST_FAILURES), longestPauseMs(everyMs));
}

/** No two probes of an instance are further apart. */
export function longestPauseMs(everyMs: number): number {
  return Math.max(LONGEST_PAUSE_MS, everyMs);
}
