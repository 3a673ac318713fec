import type { SlotAnswer, SlotRequest } from "../../contracts/rpc.ts";
import type { RunCommand } from "../../engine/run/types.ts";
import type { Courier, Told } from "./courier.ts";
import type { ExchangePorts } from "./exchange-ports.ts";
import { retryDelayMs } from "./retry-delay.ts";
import { type Slot, type SlotState, SlotTable } from "./slot-table.ts";
import type { TenantSql } from "./tenant-sql.ts";

/** For so long after it asked, an execution that its cell does not know may still be about to exist. */
const GRACE_MS = 10_000;
/** Executions that may queue for one key. */
const LONGEST_QUEUE = 10_000;
/** Executions with a slot, and as many without, that are looked at in one go. */
const LOOKED_AT = 128;
/** Requests that come together share one look at who is alive. */
const FRESH_MS = 1_000;
const KEYS_AT_ONCE = 16;
const TOLD_AT_ONCE = 64;

const COMMANDS: Readonly<Record<SlotState, RunCommand>> = {
  queued: { type: "release" },
  held: { type: "release" },
  going: { type: "cancel", reason: "replaced by a newer execution" },
  leaving: { type: "cancel", reason: "replaced by a newer execution" },
};

/**
 * Concurrency slots (section 2). A slot is given to the next in the same transaction in which it is seen to be free; its
 * cell is then told until it answers. Who is dead and never said so is found by asking, when somebody else wants the slot.
 */
export class Slots {
  readonly #table: SlotTable;
  readonly #sql: TenantSql;
  readonly #courier: Courier;
  readonly #ports: ExchangePorts;
  readonly #changed: () => void;
  /** Key → the look that is under way or was just taken. In memory: to lose it costs a question. */
  readonly #looks = new Map<string, { at: number; done: Promise<void> }>();

  constructor(sql: TenantSql, courier: Courier, ports: ExchangePorts, changed: () => void) {
    this.#sql = sql;
    this.#table = new SlotTable(sql);
    this.#courier = courier;
    this.#ports = ports;
    this.#changed = changed;
  }

  async acquire(request: SlotRequest): Promise<SlotAnswer> {
    if (this.#isFull(request)) await this.#look(request.key);
    const { answer, tell } = this.#sql.atomically(() => this.#ask(request));
    this.#changed();
    this.#tell(tell);
    return answer;
  }

  release(execution: string): void {
    this.#tell(this.#sql.atomically(() => this.#removed(execution)));
    this.#changed();
  }

  position(execution: string): number | null {
    return this.#table.position(execution);
  }

  nextDue(): number | null {
    return this.#table.nextDue();
  }

  onAlarm(): void {
    const now = this.#ports.now();
    this.#tell(this.#sql.atomically(() => this.#table.claimDue(now, TOLD_AT_ONCE, retryDelayMs)));
    for (const key of this.#sql.atomically(() => this.#table.claimKeys(now, KEYS_AT_ONCE)))
      this.#inBackground(this.#look(key));
  }

  #isFull({ executionId, key, limit }: SlotRequest): boolean {
    if (this.#table.find(executionId) !== undefined) return false;
    return this.#table.count(key, "slots") >= limit || this.#table.count(key, "queue") > 0;
  }

  #ask(request: SlotRequest): { answer: SlotAnswer; tell: Slot[] } {
    const { executionId, key, limit, strategy } = request;
    const now = this.#ports.now();
    const due = now + retryDelayMs(1);
    const tell: Slot[] = [];
    if (this.#table.find(executionId)) this.#table.asked(executionId, now);
    else {
      const queue = this.#table.count(key, "queue");
      const full = this.#table.count(key, "slots") + queue >= limit;
      if (full && (strategy === "reject" || queue >= LONGEST_QUEUE)) return { answer: { kind: "rejected" }, tell };
      this.#table.putKey(key, limit, now);
      if (full && strategy === "cancel_running") tell.push(...this.#table.cancelOlder(key, limit - 1, due));
      this.#table.add(request, strategy === "cancel_running", now);
      for (const slot of this.#table.settle(key, now, due)) {
        // Who asks here is told by the answer.
        if (slot.execution === executionId) this.#table.told(executionId, "held");
        else tell.push(slot);
      }
    }
    const state = this.#table.find(executionId)?.state;
    if (state === "held" || state === "going") return { answer: { kind: "granted" }, tell };
    const position = this.#table.position(executionId) ?? this.#table.count(key, "queue") + 1;
    return { answer: { kind: "queued", position }, tell };
  }

  /** Takes an execution out and gives what it had to the next. Answers who has to be told. */
  #removed(execution: string): Slot[] {
    const key = this.#table.remove(execution);
    const now = this.#ports.now();
    return key === undefined ? [] : this.#table.settle(key, now, now + retryDelayMs(1));
  }

  #tell(slots: readonly Slot[]): void {
    for (const slot of slots) this.#inBackground(this.#tellOne(slot));
  }

  /** What this leaves undone an alarm does. */
  #inBackground(work: Promise<void>): void {
    work.catch((error: unknown) => this.#ports.report("a concurrency slot could not be seen to", error));
  }

  async #tellOne(slot: Slot): Promise<void> {
    const { execution, state } = slot;
    const told = await this.#courier.tell(`${state} ${execution}`, slot.cell, execution, COMMANDS[state]);
    if (told === undefined) return;
    this.#tell(this.#sql.atomically(() => this.#answered(slot, told)));
    this.#changed();
  }

  #answered({ execution, state }: Slot, told: Told): Slot[] {
    const slot = this.#table.find(execution);
    // What it was told is no longer so. That it is gone is then found out by what it is told next.
    if (slot?.state !== state) return [];
    switch (told) {
      case "running":
        if (state === "leaving") return this.#removed(execution);
        this.#table.told(execution, state);
        return [];
      case "absent":
        return this.#ports.now() - slot.askedAt < GRACE_MS ? [] : this.#removed(execution);
      case "ended":
      case "over":
        return this.#removed(execution);
      case "declined":
      case "unreachable":
        return [];
      default:
        return told satisfies never;
    }
  }

  /** Asks the cells of a key's oldest whether they live, and takes out those that do not. */
  #look(key: string): Promise<void> {
    const now = this.#ports.now();
    for (const [other, { at }] of this.#looks) if (now - at >= FRESH_MS) this.#looks.delete(other);
    const look = this.#looks.get(key) ?? { at: now, done: this.#takeOutDead(key) };
    this.#looks.set(key, look);
    return look.done;
  }

  async #takeOutDead(key: string): Promise<void> {
    const before = this.#ports.now() - GRACE_MS;
    const slots = this.#table.oldest(key, before, LOOKED_AT);
    const found = await Promise.all(
      slots.map(async (slot) => ({ slot, live: await this.#courier.isLive(slot.cell, slot.execution) })),
    );
    if (found.length === 0) return;
    const granted = this.#sql.atomically(() =>
      found.flatMap(({ slot, live }) => {
        if (live !== false) this.#table.checked(slot.execution, this.#ports.now());
        // One that asked again meanwhile is about to exist again.
        return live === false && this.#table.find(slot.execution)?.askedAt === slot.askedAt
          ? this.#removed(slot.execution)
          : [];
      }),
    );
    this.#tell(granted);
    this.#changed();
  }
}
