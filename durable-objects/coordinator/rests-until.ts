import { nextTimer } from "./next-timer.ts";
import type { Resident } from "./resident.ts";

/** An execution whose next timer is further off than this, and that does nothing else, leaves the memory. */
const SHORT_WAIT_MS = 5_000;

/** When an execution that only waits has something to do again; null: never by itself. Undefined: it does not only wait. */
export function restsUntil(
  { driver, children, waiters, errands, birth, spoilt, failing, large }: Resident,
  isHere: (executionId: string) => boolean,
  now: number,
): number | null | undefined {
  if (
    spoilt ||
    failing ||
    birth ||
    driver.terminal ||
    !driver.resting ||
    errands > 0 ||
    waiters.size > 0 ||
    (large?.awaited ?? 0) > 0
  )
    return undefined;
  if (driver.inFlight !== children.size || [...children.values()].some(isHere)) return undefined;
  const due = nextTimer(driver.state);
  return due !== null && due - now < SHORT_WAIT_MS ? undefined : due;
}
