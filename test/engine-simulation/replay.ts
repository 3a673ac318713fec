import type { Plan } from "../../engine/plan/types.ts";
import { newRun } from "../../engine/run/new-run.ts";
import { transition } from "../../engine/run/transition.ts";
import type { RunIdentity } from "../../engine/run/types.ts";
import type { Given } from "./simulated-host.ts";
import { must } from "./violation.ts";

/**
 * The same inputs at the same times to a process that never dies give the same log: what a run decides does not depend on when it
 * was restarted. Left out is what came only because of a restart (`continue` where nothing was left to go on with).
 */
export function replay(plan: Plan, identity: RunIdentity, given: readonly Given[], log: readonly string[]): void {
  const state = newRun(identity);
  let at = 0;
  for (const { input, now, restart } of given) {
    if (restart) continue;
    for (const event of transition(plan, state, input, now).events) {
      const text = JSON.stringify(event);
      must(text === log[at], () => `without restarts event ${at + 1} is ${text}, and was ${log[at]}`);
      at += 1;
    }
  }
  must(at === log.length, () => `without restarts there are ${at} events, and were ${log.length}`);
}
