import type { TimerQueue } from "../timer-queue.ts";
import type { Resident } from "./resident.ts";

interface EndDeps {
  timers: TimerQueue;
  now(): number;
  isCurrent(resident: Resident): boolean;
  /** Nobody waits for it any more. */
  rest(resident: Resident): void;
}

/** Waits for the end of an execution, at most `waitMs`; undefined when it has not come by then. */
export function untilEnd(caused: Resident, waitMs: number, deps: EndDeps): Promise<Resident | undefined> {
  let resident = caused;
  while (resident.successor) resident = resident.successor;
  if (!deps.isCurrent(resident)) return Promise.resolve(resident);
  return new Promise((resolve) => {
    const waiter = (ended: Resident): void => {
      takeBack();
      resolve(ended);
    };
    resident.waiters.add(waiter);
    const takeBack = deps.timers.at(deps.now() + waitMs, () => {
      resident.waiters.delete(waiter);
      resolve(undefined);
      deps.rest(resident);
    });
  });
}
