import type { ObjectSql } from "../object-sql.ts";
import { type Lease, LeaseTable } from "./lease-table.ts";

/** A call whose end nobody told is over so long after it should have been. */
const GRACE_MS = 5_000;

interface Held extends Lease {
  /** Its service finishes it later: it stands on the disk. */
  pending: boolean;
}

/**
 * Who holds which place, and how many hold each. Calls in flight are held in memory alone, so a restart forgets those that it met;
 * attempts that are finished later are stored.
 */
export class Leases {
  readonly #table: LeaseTable;
  readonly #held = new Map<string, Held>();
  readonly #counts = new Map<string, number>();
  /** Ids by attempt. */
  readonly #attempts = new Map<string, Set<string>>();
  /** No lease ends before. */
  #soonest = Number.POSITIVE_INFINITY;

  constructor(sql: ObjectSql) {
    this.#table = new LeaseTable(sql);
    for (const lease of this.#table.all()) this.#add({ ...lease, pending: true });
  }

  count(place: string): number {
    return this.#counts.get(place) ?? 0;
  }

  take(id: string, place: string, until: number): void {
    this.#remove(id);
    this.#add({ id, place, until: until + GRACE_MS, pending: false });
  }

  /** The place that is free now; undefined where the lease is over already. */
  giveBack(id: string): string | undefined {
    return this.#remove(id)?.place;
  }

  /** Keeps the place until then. One that is over already stays so: nobody waits for its attempt. */
  keep(id: string, until: number): void {
    const held = this.#remove(id);
    if (held === undefined) return;
    const kept = { ...held, until: until + GRACE_MS, pending: true };
    this.#add(kept);
    this.#table.put(kept);
  }

  /** Gives back all that an attempt holds; the places that are free now. */
  attemptOver(attempt: string): string[] {
    const own = this.#attempts.get(attempt) ?? [];
    return [...own].flatMap((id) => this.giveBack(id) ?? []);
  }

  forgetExpired(now: number): void {
    if (now < this.#soonest) return;
    this.#soonest = Number.POSITIVE_INFINITY;
    for (const { id, until } of [...this.#held.values()]) {
      if (until <= now) this.#remove(id);
      else this.#soonest = Math.min(this.#soonest, until);
    }
  }

  #add(held: Held): void {
    this.#held.set(held.id, held);
    this.#counts.set(held.place, this.count(held.place) + 1);
    const attempt = attemptOf(held.id);
    this.#attempts.set(attempt, (this.#attempts.get(attempt) ?? new Set()).add(held.id));
    this.#soonest = Math.min(this.#soonest, held.until);
  }

  #remove(id: string): Held | undefined {
    const held = this.#held.get(id);
    if (held === undefined) return undefined;
    this.#held.delete(id);
    const left = this.count(held.place) - 1;
    if (left > 0) this.#counts.set(held.place, left);
    else this.#counts.delete(held.place);
    const siblings = this.#attempts.get(attemptOf(id));
    siblings?.delete(id);
    if (siblings?.size === 0) this.#attempts.delete(attemptOf(id));
    if (held.pending) this.#table.remove(id);
    return held;
  }
}

function attemptOf(id: string): string {
  return id.slice(0, Math.max(0, id.lastIndexOf("/")));
}
