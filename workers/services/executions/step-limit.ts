import { MOST_STEPS } from "../../../engine/run/limits.ts";

/**
 * Steps that an execution of this deployment may open, as its `STEP_LIMIT` says; undefined where it says nothing (the
 * language's 10,000). Another text than a whole number from 1 to 100,000 is a mistake of the operator's: no request is served.
 */
export function stepLimit(written: string | undefined): number | undefined {
  if (written === undefined || written === "") return undefined;
  const limit = Number(written);
  if (!/^\d+$/.test(written) || limit < 1 || limit > MOST_STEPS) {
    throw new Error(`STEP_LIMIT must be a whole number from 1 to ${MOST_STEPS}, not "${written}"`);
  }
  return limit;
}
