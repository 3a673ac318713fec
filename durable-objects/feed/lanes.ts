/** Attempts in flight at once, of one feed object. */
const MOST = 24;
/** Of them, to one target. */
const MOST_OF_TARGET = 8;
/** Of them, to the URLs of callbacks that share a host. */
const MOST_OF_HOST = 16;
/** Of them all, to targets that are slow or fail: they never take the room of the others. */
const MOST_SLUGGISH = 12;
/** A target whose last attempt took longer than this is slow. */
const SLOW_MS = 2_000;

interface Lane {
  inFlight: Set<number>;
  sluggish: boolean;
}

/** Who may be called now: bounded in all and by target, so that a slow receiver holds up nobody but itself. Not durable. */
export class Lanes {
  readonly #lanes = new Map<string, Lane>();
  readonly #hosts = new Map<string, number>();
  #total = 0;
  #sluggish = 0;

  get busy(): boolean {
    return this.#total > 0;
  }

  has(target: string, seq: number): boolean {
    return this.#lanes.get(target)?.inFlight.has(seq) ?? false;
  }

  /** How many more attempts may begin there. */
  room(target: string): number {
    const lane = this.#lanes.get(target);
    const open = Math.min(MOST - this.#total, MOST_OF_HOST - (this.#hosts.get(hostOf(target)) ?? 0));
    if (lane === undefined) return Math.min(open, MOST_OF_TARGET);
    if (!lane.sluggish) return Math.min(open, MOST_OF_TARGET - lane.inFlight.size);
    return Math.max(0, Math.min(open, 1 - lane.inFlight.size, MOST_SLUGGISH - this.#sluggish));
  }

  /** Attempts in flight there. */
  inFlight(target: string): number {
    return this.#lanes.get(target)?.inFlight.size ?? 0;
  }

  begin(target: string, seq: number): void {
    const lane = this.#lanes.get(target) ?? { inFlight: new Set<number>(), sluggish: false };
    this.#lanes.set(target, lane);
    lane.inFlight.add(seq);
    this.#total += 1;
    this.#count(target, 1);
    if (lane.sluggish) this.#sluggish += 1;
  }

  end(target: string, seq: number, outcome: { ok: boolean; elapsedMs: number }): void {
    const lane = this.#lanes.get(target);
    if (!lane?.inFlight.delete(seq)) return;
    this.#total -= 1;
    this.#count(target, -1);
    if (lane.sluggish) this.#sluggish -= 1;
    const sluggish = !outcome.ok || outcome.elapsedMs > SLOW_MS;
    if (sluggish !== lane.sluggish) this.#sluggish += sluggish ? lane.inFlight.size : -lane.inFlight.size;
    lane.sluggish = sluggish;
    if (!sluggish && lane.inFlight.size === 0) this.#lanes.delete(target);
  }

  #count(target: string, by: 1 | -1): void {
    const host = hostOf(target);
    const count = (this.#hosts.get(host) ?? 0) + by;
    if (count > 0) this.#hosts.set(host, count);
    else this.#hosts.delete(host);
  }
}

/** `callback:3:17` → `callback:3`; an endpoint is its own. */
function hostOf(target: string): string {
  return target.split(":", 2).join(":");
}
