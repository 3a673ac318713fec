import type { EventWait } from "../../engine/run/types.ts";
import type { LeaseAnswer, LeaseAsk } from "../../contracts/lease.ts";
import type { ConcurrencyRule, KeyedEvent, SlotAnswer } from "../../contracts/rpc.ts";

/** What a cell asks of its tenant object. Every call may be repeated. */
export interface TenantPort {
  acquireSlot(executionId: string, rule: ConcurrencyRule, priority: number): Promise<SlotAnswer>;
  releaseSlot(executionId: string): Promise<void>;
  slotPosition(executionId: string): Promise<number | null>;
  awaitEvent(executionId: string, path: string, wait: EventWait): Promise<KeyedEvent | null>;
  askLeases(question: Omit<LeaseAsk, "holder">): Promise<LeaseAnswer>;
  forgetWait(executionId: string, path: string): Promise<void>;
}
