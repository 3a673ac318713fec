import { periodName } from "../../contracts/period.ts";
import { type ShardCapacity, shardsFor } from "../../contracts/shard-load.ts";
import { FIRST_SHARD_MAP, growShards, type ShardMap } from "../../contracts/shard-map.ts";
import type { StoredSettings } from "./tenant-settings.ts";

export interface ShardGrowthDeps {
  now(): number;
  /** Used of an account in the tenant's shards, as far as they have said. */
  used(account: string): number;
  settings: StoredSettings;
  capacity: ShardCapacity;
  grown(from: number, to: number): void;
}

/** Rates are those of so long at least: cells say what they have used in blocks. */
const MEASURED_MS = 15_000;
/** After growing, the edge has to hear of it (10 s) and the new shards have to take their part before anybody looks again. */
const SETTLED_MS = 30_000;

/**
 * Gives a tenant more shards as its load grows (`contracts/shard-load.ts`). What it goes by are the leases: cells say with each
 * question what they have used. In memory alone: a life that begins anew measures anew.
 */
export class ShardGrowth {
  readonly #deps: ShardGrowthDeps;
  #grownAt = Number.NEGATIVE_INFINITY;
  #since: { at: number; month: string; starts: number; steps: number } | undefined;

  constructor(deps: ShardGrowthDeps) {
    this.#deps = deps;
  }

  get #map(): ShardMap {
    return this.#deps.settings.all.shards ?? FIRST_SHARD_MAP;
  }

  /** A cell has said what it has used. */
  look(): void {
    const now = this.#deps.now();
    const rates = this.#rates(now);
    if (now - this.#grownAt < SETTLED_MS) return;
    const { count } = this.#map;
    const running = this.#deps.used("concurrent_executions");
    const wanted = shardsFor({ ...rates, running }, count, this.#deps.capacity);
    if (wanted <= count) return;
    this.growTo(wanted);
    this.#deps.grown(count, wanted);
  }

  /** The map with `count` shards, which must be more than there are. */
  growTo(count: number): ShardMap {
    const now = this.#deps.now();
    const grown = growShards(this.#map, count, now);
    this.#deps.settings.putShards(grown);
    this.#grownAt = now;
    this.#since = undefined;
    return grown;
  }

  #rates(now: number): { startsPerSecond: number; stepsPerSecond: number } {
    const month = periodName("month", now);
    const said = {
      at: now,
      month,
      starts: this.#deps.used(`executions_per_month@${month}`),
      steps: this.#deps.used(`steps_per_month@${month}`),
    };
    const since = this.#since;
    if (since === undefined || since.month !== month) this.#since = said;
    const seconds = (now - (since?.at ?? now)) / 1_000;
    if (since === undefined || since.month !== month || seconds * 1_000 < MEASURED_MS)
      return { startsPerSecond: 0, stepsPerSecond: 0 };
    this.#since = said;
    return {
      startsPerSecond: (said.starts - since.starts) / seconds,
      stepsPerSecond: (said.steps - since.steps) / seconds,
    };
  }
}
