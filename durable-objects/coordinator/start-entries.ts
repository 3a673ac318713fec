import type { Failure } from "../../contracts/errors.ts";
import type { StartCommand } from "../../contracts/rpc.ts";
import type { Hold } from "../../engine/run/types.ts";
import type { Admissions, Entry } from "./admissions.ts";
import type { IdempotentStarts } from "./idempotent-starts.ts";
import type { TenantPort } from "./tenant-port.ts";

export interface StartEntryDeps {
  tenant: TenantPort;
  admissions: Admissions;
  starts: IdempotentStarts;
  now(): number;
  wait(ms: number): Promise<void>;
  claimKey(cell: string, key: string): Promise<string | null>;
}

/** What came of asking for what a start needs. */
type Entered = Entry | Failure | { rejected: string } | { elsewhere: string };

/** Starts that have to ask somebody before they begin: other cells for their key, the tenant object for room and for a slot. */
export class StartEntries {
  readonly #deps: StartEntryDeps;
  /** Starts that ask, by Idempotency-Key: others with the key go on a turn after the answer, when it has begun. */
  readonly #asking = new Map<string, Promise<unknown>>();

  constructor(deps: StartEntryDeps) {
    this.#deps = deps;
  }

  /** A start with that key that asks; wait for it, and look again: nothing may come between looking and going on. */
  other(key: string): Promise<unknown> | undefined {
    return this.#asking.get(key);
  }

  /** Others with its Idempotency-Key wait for it. */
  async ask(command: StartCommand, time: Hold | undefined): Promise<Entered> {
    const { idempotency } = command;
    const asking = this.#enter(command, time);
    if (idempotency) {
      const done = asking.then(nothing, nothing).then(() => this.#deps.wait(0));
      this.#asking.set(idempotency.key, done);
    }
    try {
      return await asking;
    } finally {
      if (idempotency) this.#asking.delete(idempotency.key);
    }
  }

  /** See `CoordinatorRpc.claimKey`; `own`: this cell's name. */
  async claimKey(key: string, by: string, own: string): Promise<string | null> {
    const { starts } = this.#deps;
    for (let other = this.other(key); other; other = this.other(key)) await other;
    const now = this.#deps.now();
    globalThis.faultPoint?.("claim.before");
    if (starts.find(key, now)) return own;
    const claimed = starts.claimedBy(key, now);
    if (claimed === undefined) starts.giveUp(key, by, now);
    globalThis.faultPoint?.("claim.given");
    return claimed === undefined || claimed === by ? null : claimed;
  }

  /** No other cell that has the key, room in the month, a slot of its concurrency key, and room among the running. */
  async #enter(command: StartCommand, time: Hold | undefined): Promise<Entered> {
    const { executionId, concurrency, priority = 0, former = [], idempotency } = command;
    for (const cell of idempotency ? former : []) {
      const holder = await this.#deps.claimKey(cell, idempotency?.key ?? "");
      globalThis.faultPoint?.("entry.claimed");
      if (holder !== null) return { elsewhere: holder };
    }
    const { admissions, tenant } = this.#deps;
    const reservations = await admissions.mayStart();
    globalThis.faultPoint?.("entry.may_start");
    if ("ok" in reservations) return reservations;
    let entry: Entered | undefined = time && { reservations, hold: time };
    try {
      if (concurrency && !time) {
        const { kind } = await tenant.acquireSlot(executionId, concurrency, priority);
        globalThis.faultPoint?.("entry.slot");
        if (kind === "rejected") entry = { rejected: concurrency.key };
        if (kind === "queued") entry = { reservations, hold: { kind: "concurrency", key: concurrency.key } };
      }
      entry ??= await admissions.mayBegin(reservations);
      globalThis.faultPoint?.("entry.may_begin");
      if (concurrency && "ok" in entry) void tenant.releaseSlot(executionId).catch(nothing);
      return entry;
    } finally {
      if (entry === undefined || !("reservations" in entry)) reservations.drop();
    }
  }
}

function nothing(): void {}
