import type { EventWait } from "../../engine/run/types.ts";
import type { TenantPort } from "./tenant-port.ts";
import type { TimerQueue } from "../timer-queue.ts";
import type { Resident } from "./resident.ts";

interface ErrandDeps {
  tenant: TenantPort;
  timers: TimerQueue;
  now(): number;
  /** True while the execution is the one that is driven. */
  isCurrent(resident: Resident): boolean;
  /** Its concurrency key is free: it may begin as far as that goes. */
  release(resident: Resident): void;
  /** The errand is done: the execution may have nothing to do any more. */
  done(resident: Resident): void;
}

/** Waits between tries of an errand while the tenant object does not answer. */
const RETRY_MS = [100, 500, 2_000, 10_000] as const;

/**
 * What executions ask of their tenant object, outside of their own transitions. Each is asked again after a restart, because
 * it follows from the state (a wait with a key, a hold for a slot), or is missed harmlessly: the tenant object asks back.
 */
export class Errands {
  readonly #deps: ErrandDeps;

  constructor(deps: ErrandDeps) {
    this.#deps = deps;
  }

  awaitEvent(resident: Resident, path: string, wait: EventWait): void {
    const { executionId } = resident.head;
    this.#run(resident, async () => {
      globalThis.faultPoint?.("event.before");
      const event = await this.#deps.tenant.awaitEvent(executionId, path, wait);
      globalThis.faultPoint?.("event.answered");
      if (!event || !this.#deps.isCurrent(resident)) return;
      const { id, name, key, payload, channel } = event;
      resident.driver.deliver({ type: "signal", id, name, key, payload, channel, path });
    });
  }

  forgetEvent(resident: Resident, path: string): void {
    void this.#deps.tenant.forgetWait(resident.head.executionId, path).catch(() => undefined);
  }

  /** The execution holds for its concurrency key. */
  acquireSlot(resident: Resident): void {
    const { executionId, concurrency, priority = 0 } = resident.head;
    if (!concurrency) return;
    this.#run(resident, async () => {
      globalThis.faultPoint?.("slot.before");
      const answer = await this.#deps.tenant.acquireSlot(executionId, concurrency, priority);
      globalThis.faultPoint?.("slot.answered");
      if (!this.#deps.isCurrent(resident)) return;
      if (answer.kind === "granted") this.#deps.release(resident);
      else if (answer.kind === "rejected")
        resident.driver.deliver({ type: "fail", error: keyIsTaken(concurrency.key) });
    });
  }

  releaseSlot(resident: Resident): void {
    if (resident.head.concurrency) globalThis.faultPoint?.("slot.given_back");
    if (resident.head.concurrency) void this.#deps.tenant.releaseSlot(resident.head.executionId).catch(() => undefined);
  }

  #run(resident: Resident, errand: () => Promise<void>, tried = 0): void {
    resident.errands += 1;
    errand()
      .then(
        () => false,
        () => this.#deps.isCurrent(resident),
      )
      .then((again) => {
        resident.errands -= 1;
        if (!again) return this.#deps.done(resident);
        resident.errands += 1;
        const delay = RETRY_MS[Math.min(tried, RETRY_MS.length - 1)] ?? 0;
        this.#deps.timers.at(this.#deps.now() + delay, () => {
          resident.errands -= 1;
          if (this.#deps.isCurrent(resident)) this.#run(resident, errand, tried + 1);
        });
      });
  }
}

/** Why an execution does not begin whose key is taken and whose strategy is `reject`. */
export function keyIsTaken(key: string): { code: "CONFLICT"; message: string; details: { key: string } } {
  return {
    code: "CONFLICT",
    message: `Executions with the concurrency key "${key}" are at their limit`,
    details: { key },
  };
}
