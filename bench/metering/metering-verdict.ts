import type { MeteringCost } from "./metering-cost.ts";

/** Issue 4: at most so much of W1's CPU. */
export const MOST_PERCENT = 3;

export type MeteringVerdict = "within" | "over" | "too noisy";

/**
 * A figure counts when chance (two standard errors) moves it by less than the target itself, and when two platforms that
 * differ in nothing differ by less than it, too.
 */
export function meteringVerdict({ workerd, control }: MeteringCost): MeteringVerdict {
  const { percent, errorPercent } = workerd;
  if (errorPercent === null || 2 * errorPercent > MOST_PERCENT || Math.abs(control.percent) > MOST_PERCENT)
    return "too noisy";
  return percent <= MOST_PERCENT ? "within" : "over";
}
