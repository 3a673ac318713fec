import type {
  CallOutcome,
  InstanceAnswer,
  InstanceState,
  InstanceWish,
  ProbeAnswer,
  ServiceInstance,
} from "../../contracts/services-rpc.ts";
import type { ObjectSql } from "../object-sql.ts";
import { afterProbe, longestPauseMs } from "./instance-health.ts";
import { InstanceTable, type StoredInstance } from "./instance-table.ts";
import { Leases } from "./leases.ts";
import { serves } from "./serves.ts";

export interface ServiceBookDeps {
  sql: ObjectSql;
  /** Between two probes of an instance that is well. */
  everyMs: number;
  now(): number;
  later(ms: number, task: () => void): () => void;
  probe(healthUrl: string): Promise<ProbeAnswer>;
  setAlarm(at: number): void;
}

/** Instances of one tenant and environment, and of one connector. */
export const MOST_INSTANCES = { all: 1_000, connector: 100 } as const;
const PROBED_AT_ONCE = 50;

interface Waiter {
  wish: InstanceWish;
  answer(answer: InstanceAnswer): void;
}

/**
 * Which instances a connector's services have, how well they are, and which of them gets the next call: the one with the
 * fewest in hand of those that are well. It counts what connections and fixed addresses have in hand, too.
 */
export class ServiceBook {
  readonly #deps: ServiceBookDeps;
  readonly #table: InstanceTable;
  readonly #leases: Leases;
  /** Who waits for a place, by connector, in the order they came. */
  readonly #waiters = new Map<string, Set<Waiter>>();
  /** Counts choices: between equals, the one whose turn was longest ago. */
  #choices = 0;
  readonly #chosen = new Map<string, number>();
  #probing = false;

  constructor(deps: ServiceBookDeps) {
    this.#deps = deps;
    this.#table = new InstanceTable(deps.sql);
    this.#leases = new Leases(deps.sql);
  }

  /** Again under the same id: what was known of its health is forgotten. Answers the limit where there are too many. */
  register(instance: ServiceInstance): { kind: "registered"; registeredAt: number } | { kind: "full"; limit: number } {
    const known = this.#table.find(instance.connector, instance.instanceId);
    if (known === undefined) {
      if (this.#table.all().length >= MOST_INSTANCES.all) return { kind: "full", limit: MOST_INSTANCES.all };
      if (this.#table.all(instance.connector).length >= MOST_INSTANCES.connector)
        return { kind: "full", limit: MOST_INSTANCES.connector };
    }
    const now = this.#deps.now();
    const fresh = {
      health: "unknown",
      out: false,
      failures: 0,
      failingSince: null,
      checkedAt: null,
      due: now,
    } as const;
    this.#table.put({ ...instance, ...fresh });
    this.#ring();
    this.#serveWaiters(instance.connector);
    return { kind: "registered", registeredAt: instance.registeredAt };
  }

  /** What it has in hand stays counted: it may come back under the same id before that is over. */
  unregister(connector: string, instanceId: string): boolean {
    this.#chosen.delete(keyOf({ connector, instanceId }));
    return this.#table.remove(connector, instanceId);
  }

  list(connector?: string): InstanceState[] {
    return this.#table.all(connector).map((instance) => {
      const { out, failingSince: _since, due: _due, ...shown } = instance;
      return { ...shown, inRotation: !out, inFlight: this.#leases.count(keyOf(instance)) };
    });
  }

  /** Chooses an instance, or waits until one has a place. */
  take(wish: InstanceWish): Promise<InstanceAnswer> | InstanceAnswer {
    const answer = this.#choose(wish);
    if (answer.kind !== "busy" || wish.waitMs <= 0) return answer;
    return new Promise((resolve) => {
      const waiting = this.#waiters.get(wish.connector) ?? new Set();
      this.#waiters.set(wish.connector, waiting);
      const waiter: Waiter = {
        wish,
        answer: (given) => {
          takeBack();
          waiting.delete(waiter);
          if (waiting.size === 0) this.#waiters.delete(wish.connector);
          resolve(given);
        },
      };
      const takeBack = this.#deps.later(wish.waitMs, () => waiter.answer(this.#choose(wish)));
      waiting.add(waiter);
    });
  }

  giveBack(lease: string, outcome: CallOutcome): void {
    if (typeof outcome === "object") return this.#leases.keep(lease, outcome.pendingUntil);
    const place = this.#leases.giveBack(lease);
    if (place === undefined) return;
    const { connector, instanceId } = placeOf(place);
    const instance = outcome === "unreached" ? this.#table.find(connector, instanceId) : undefined;
    if (instance) this.#doubt(instance);
    this.#serveWaiters(connector);
  }

  /** Nobody waits any more for what its service was to finish later. */
  attemptOver(attempt: string): void {
    for (const place of this.#leases.attemptOver(attempt)) this.#serveWaiters(placeOf(place).connector);
  }

  /** Probes what is due, a bounded number at a time. */
  async onAlarm(): Promise<void> {
    if (this.#probing) return this.#ring();
    this.#probing = true;
    let probed = new Set<string>();
    try {
      const due = this.#table.due(this.#deps.now(), this.#latestDue, PROBED_AT_ONCE);
      probed = new Set(due.map(({ connector }) => connector));
      await Promise.all(due.map((instance) => this.#probe(instance)));
    } finally {
      this.#probing = false;
      this.#ring();
      for (const connector of probed) this.#serveWaiters(connector);
    }
  }

  async #probe(before: StoredInstance): Promise<void> {
    const { health } = await this.#deps.probe(before.healthUrl).catch(() => ({ health: "unreachable" as const }));
    // It may have gone, or have been registered anew, while it was asked.
    const instance = this.#table.find(before.connector, before.instanceId);
    if (instance === undefined || instance.healthUrl !== before.healthUrl) return;
    const after = afterProbe(instance, health, this.#deps.now(), this.#deps.everyMs);
    if (after) this.#table.put(after);
    else this.#table.remove(instance.connector, instance.instanceId);
  }

  /** A call did not reach it: that counts like a probe, and the next probe is due at once. */
  #doubt(instance: StoredInstance): void {
    const now = this.#deps.now();
    const after = afterProbe(instance, "unreachable", now, this.#deps.everyMs);
    if (after) this.#table.put({ ...after, checkedAt: instance.checkedAt, due: Math.min(instance.due, now) });
    this.#ring();
  }

  #choose(wish: InstanceWish): InstanceAnswer {
    this.#leases.forgetExpired(this.#deps.now());
    const { connector, version, action, lease, until, not, fixed } = wish;
    if (fixed) {
      const key = keyOf({ connector, instanceId: fixed.id });
      if (this.#leases.count(key) >= fixed.concurrent) return { kind: "busy", concurrent: fixed.concurrent };
      this.#leases.take(lease, key, until);
      return { kind: "fixed" };
    }
    const registered = this.#table.all(connector);
    const fitting = registered.filter((instance) => serves(instance, version, action));
    const usable = fitting.filter(({ out, instanceId }) => !out && !not.includes(instanceId));
    if (usable.length === 0) {
      // By a clock that was set back since, the alarm may be hours away.
      if (fitting.some(({ due }) => due > this.#latestDue)) this.#ring();
      return { kind: "none", registered: registered.length, fitting: fitting.length };
    }
    const load = (instance: StoredInstance): number => this.#leases.count(keyOf(instance));
    const free = usable.filter((instance) => load(instance) < instance.concurrent);
    const [best] = free.sort(
      (a, b) => doubtOf(a) - doubtOf(b) || load(a) - load(b) || this.#lastChosen(a) - this.#lastChosen(b),
    );
    if (best === undefined) return { kind: "busy", concurrent: Math.max(...usable.map((it) => it.concurrent)) };
    this.#choices += 1;
    this.#chosen.set(keyOf(best), this.#choices);
    this.#leases.take(lease, keyOf(best), until);
    return { kind: "instance", instanceId: best.instanceId, url: best.url };
  }

  #serveWaiters(connector: string): void {
    for (const waiter of [...(this.#waiters.get(connector) ?? [])]) {
      const answer = this.#choose(waiter.wish);
      if (answer.kind !== "busy") waiter.answer(answer);
    }
  }

  #lastChosen(instance: StoredInstance): number {
    return this.#chosen.get(keyOf(instance)) ?? 0;
  }

  /** However the clock was set: the next probe is never further ahead than the longest pause between two. */
  #ring(): void {
    const due = this.#table.next();
    if (due === null) return;
    const now = this.#deps.now();
    this.#deps.setAlarm(Math.min(Math.max(due, now), this.#latestDue));
  }

  get #latestDue(): number {
    return this.#deps.now() + longestPauseMs(this.#deps.everyMs);
  }
}

function keyOf({ connector, instanceId }: Pick<ServiceInstance, "connector" | "instanceId">): string {
  return `${connector} ${instanceId}`;
}

/** Names of connectors hold no spaces. */
function placeOf(key: string): Pick<ServiceInstance, "connector" | "instanceId"> {
  const at = key.indexOf(" ");
  return { connector: key.slice(0, at), instanceId: key.slice(at + 1) };
}

function doubtOf({ health }: StoredInstance): number {
  return health === "ok" || health === "unknown" ? 0 : 1;
}
