import { DatabaseSync, type StatementSync } from "node:sqlite";
import type { KnownWish } from "../../contracts/feed-rpc.ts";
import type { LeaseAnswer, LeaseAsk } from "../../contracts/lease.ts";
import type { CallContext } from "../../contracts/rpc.ts";
import { Cell } from "../../durable-objects/coordinator/cell.ts";
import { CellStorage, type ObjectStorage } from "../../durable-objects/coordinator/cell-storage.ts";
import type { TenantPort } from "../../durable-objects/coordinator/tenant-port.ts";
import type { SqlValue } from "../../durable-objects/sqlite-migrations.ts";
import { TimerQueue } from "../../durable-objects/timer-queue.ts";
import { VirtualClock } from "../../engine/driver/virtual-clock.ts";
import type { Json } from "../../engine/json.ts";
import type { ActionCall, ActionResult } from "../../engine/run/types.ts";
import { objectsThrough } from "./objects-through.ts";
import type { SimulatedWorld } from "./simulated-world.ts";

/** How long an isolated cell is told that executions stay. */
const RETENTION_MS = 30 * 86_400_000;

interface Incarnation {
  cell: Cell;
  /** Killed: what it still sends goes nowhere. */
  gated: boolean;
  /** The turn in which it was killed is over: it does nothing any more. */
  dead: boolean;
  /** Another one has taken its place. It runs on, and learns of it when it touches the storage. */
  replaced: boolean;
  readonly killed: Promise<undefined>;
  tellKilled(): void;
}

/** Every object is put out of its memory after every commit: a whole run of the suite (`evicted` in vitest.config.ts). */
export const ALWAYS_EVICTED = process.env.ALWAYS_EVICT === "1";

/** The slice of the clock that may be turned: what a cell reads as the time of day. */
export const START = Date.UTC(2026, 10, 20, 12);

/**
 * A coordinator object without a platform: a cell on a SQLite database in memory that outlives it, with time that moves by
 * itself, one alarm, and a kill at any point. Writes of a turn and its alarm are durable together; what it sends in the turn of
 * a kill is never sent, as behind the platform's output gate.
 */
export class SimulatedObject {
  readonly clock: VirtualClock;
  readonly database = new DatabaseSync(":memory:");
  readonly #statements = new Map<string, StatementSync>();
  readonly #world: SimulatedWorld;
  #current: Incarnation | undefined;
  #alarm: (() => void) | undefined;
  #reader: CellStorage | undefined;
  /** Added to what the cell reads as the time: a clock that was set. */
  skewMs = 0;
  kills = 0;
  replaced = 0;
  boots = 0;
  /** Those of the kills that put it out of memory after a commit, and nothing else. */
  evictions = 0;
  /** Timers of the platform's that the cell has set and that have not fired: they keep the object awake. */
  timers = 0;
  alarmsSet = 0;
  /** Times that the cell let some time pass before it went on. */
  ticks = 0;
  writes = 0;
  /** SQL that fails as if the disk said no. */
  failsOn: ((query: string, bindings: readonly SqlValue[]) => boolean) | undefined;

  /** With a clock that others live by too, their time passes with its own. */
  constructor(world: SimulatedWorld, clock = new VirtualClock(START)) {
    this.clock = clock;
    this.#world = world;
  }

  get awake(): boolean {
    return this.#current !== undefined;
  }

  get hasAlarm(): boolean {
    return this.#alarm !== undefined;
  }

  /** The stored bytes, as another reader sees them. */
  get storage(): CellStorage {
    if (this.#reader && this.#current && this.writes > 0) return this.#reader;
    this.#reader = new CellStorage(this.#objectStorage(undefined));
    return this.#reader;
  }

  /** The cell, started when it was not awake. */
  get cell(): Cell {
    return this.#awaken().cell;
  }

  /** What a caller gets of the cell; undefined when it was killed before the answer left. */
  async ask<T>(question: (cell: Cell) => Promise<T>): Promise<T | undefined> {
    const incarnation = this.#awaken();
    const answer = await Promise.race([question(incarnation.cell), incarnation.killed]);
    return incarnation.gated ? undefined : answer;
  }

  /** `atOnce`: what it still does in this turn is never done. */
  kill(atOnce = false): void {
    const killed = this.#current;
    if (!killed) return;
    killed.dead = atOnce;
    this.kills += 1;
    this.timers = 0;
    this.#current = undefined;
    killed.gated = true;
    killed.tellKilled();
    queueMicrotask(() => {
      killed.dead = true;
    });
  }

  replace(): void {
    if (!this.#current) return;
    this.#current.replaced = true;
    this.#current = undefined;
    this.replaced += 1;
  }

  /** The platform takes the object out of memory, and somebody wakes it again. */
  #evictSoon(incarnation: Incarnation | undefined): void {
    if (!ALWAYS_EVICTED && !this.#world.evicts) return;
    setImmediate(() => {
      if (!incarnation || this.#current !== incarnation || !(this.#world.evicts?.() ?? ALWAYS_EVICTED)) return;
      this.kill();
      this.evictions += 1;
      this.clock.at(this.clock.now(), () => void this.#awaken());
    });
  }

  /** Runs everything that is ready now, then what is due next. False when nothing is left to happen. */
  async step(): Promise<boolean> {
    await new Promise((resolve) => setImmediate(resolve));
    return this.clock.fireNext();
  }

  #awaken(): Incarnation {
    if (this.#current) return this.#current;
    this.boots += 1;
    this.timers = 0;
    const life: { incarnation?: Incarnation } = {};
    const self = (): Incarnation | undefined => life.incarnation;
    const now = (): number => this.clock.now() + this.skewMs;
    const later = (ms: number, task: () => void): (() => void) => this.#timer(self, ms, task);
    const cell = new Cell({
      storage: new CellStorage(this.#objectStorage(self)),
      timers: new TimerQueue({ now, wake: later }),
      alarmMs: 60_000,
      ...(this.#world.single ? { single: true, retentionMs: async () => RETENTION_MS } : {}),
      now,
      wait: (ms) => {
        if (ms > 0) this.ticks += 1;
        return new Promise((resolve) => later(ms, resolve));
      },
      call: (call, context) => this.#call(incarnation, call, context),
      finish: (call, _, envelope, kept) => this.#errand(self, (world) => finishTask(world, call, envelope, kept)),
      maskSaid: async (call, _, text, kept) => this.#world.maskSaid?.(call, text, kept) ?? null,
      taskOver: (attempt) => {
        if (!incarnation.gated) this.#world.taskOver?.(attempt);
      },
      tenant: this.#tenantOf(self),
      ...(this.#world.objects
        ? {
            objects: objectsThrough((ask) => this.#errand(self, (world) => ask(world.objects))),
            objectsPrefix: "global/ten_simulated/test/",
          }
        : {}),
      claimKey: async (cell, key) => this.#world.claimKey?.(cell, key) ?? null,
      childId: (parent, seed) => `${parent.executionId}/${seed}`,
      setAlarm: (at) => {
        if (!incarnation.dead) this.#setAlarm(at - this.skewMs);
      },
      hintOutbox: () => {
        if (!incarnation.gated) this.#world.hint();
      },
      pushToFeed: (items) => this.#errand(self, (world) => world.feed?.(items) ?? Promise.resolve()),
      ...(this.#world.askWish ? { askWish: () => this.#errand(self, askWish) } : {}),
      report: (message, error) => this.#world.report(message, error),
    });
    let tellKilled = (): void => undefined;
    const killed = new Promise<undefined>((resolve) => {
      tellKilled = () => resolve(undefined);
    });
    const incarnation: Incarnation = {
      cell,
      gated: false,
      dead: false,
      replaced: false,
      killed,
      tellKilled: () => tellKilled(),
    };
    life.incarnation = incarnation;
    this.#current = incarnation;
    cell.recover();
    return incarnation;
  }

  #call(incarnation: Incarnation, call: ActionCall, context: CallContext): Promise<ActionResult> {
    let resolve = (_result: ActionResult): void => undefined;
    const promise = new Promise<ActionResult>((settle) => {
      resolve = settle;
    });
    if (incarnation.gated) return promise;
    const answer = this.#world.plugin(call, context);
    if (this.#world.kill("call sent")) this.kill();
    if (answer instanceof Promise) {
      void answer.then((result) => {
        if (incarnation.gated) return;
        if (this.#world.kill("call answered")) this.kill();
        else resolve(result);
      });
    } else if (answer) {
      this.clock.at(this.clock.now() + answer.afterMs, () => {
        if (incarnation.gated) return;
        if (this.#world.kill("call answered")) this.kill();
        else resolve(answer.result);
      });
    }
    return promise;
  }

  #setAlarm(at: number): void {
    this.alarmsSet += 1;
    this.#alarm?.();
    this.#alarm = this.clock.at(at + (this.#world.alarmLateMs?.() ?? 0), () => {
      this.#alarm = undefined;
      const { cell } = this.#awaken();
      if (this.#world.kill("alarm rang")) this.kill();
      cell.onAlarm();
      // A kill in its turn, before it was set again: the platform rings an alarm that did not end.
      if (this.#current?.cell !== cell && this.#alarm === undefined) this.#setAlarm(this.clock.now() + 2_000);
    });
  }

  #timer(incarnation: () => Incarnation | undefined, ms: number, task: () => void): () => void {
    let pending = true;
    const settle = (): void => {
      if (pending && incarnation() === this.#current) this.timers -= 1;
      pending = false;
    };
    this.timers += 1;
    const takeBack = this.clock.at(this.clock.now() + ms, () => {
      settle();
      if (!incarnation()?.gated) task();
    });
    return () => {
      settle();
      takeBack();
    };
  }

  /** What it asks in the turn of a kill is never sent, and what is answered to a dead one goes nowhere. */
  async #errand<T>(incarnation: () => Incarnation | undefined, run: (world: SimulatedWorld) => Promise<T>): Promise<T> {
    const never = new Promise<never>(() => undefined);
    if (incarnation()?.gated) return never;
    if (this.#world.kill("errand sent")) this.kill();
    const answer = await run(this.#world).then(
      (value) => ({ value }),
      (error: unknown) => ({ error }),
    );
    if (incarnation()?.gated) return never;
    if (this.#world.kill("errand answered")) {
      this.kill();
      return never;
    }
    if ("error" in answer) throw answer.error;
    return answer.value;
  }

  #tenantOf(incarnation: () => Incarnation | undefined): TenantPort {
    const { tenant } = this.#world;
    const errand = async <T>(run: (port: TenantPort) => Promise<T>, otherwise: T): Promise<T> =>
      tenant ? this.#errand(incarnation, () => run(tenant)) : otherwise;
    return {
      acquireSlot: (id, rule, priority) => errand((port) => port.acquireSlot(id, rule, priority), { kind: "granted" }),
      releaseSlot: (id) => errand((port) => port.releaseSlot(id), undefined),
      slotPosition: (id) => errand((port) => port.slotPosition(id), null),
      awaitEvent: (id, path, wait) => errand((port) => port.awaitEvent(id, path, wait), null),
      askLeases: (question) => errand((port) => port.askLeases(question), unlimitedLeases(question)),
      forgetWait: (id, path) => errand((port) => port.forgetWait(id, path), undefined),
    };
  }

  #objectStorage(incarnation: (() => Incarnation | undefined) | undefined): ObjectStorage {
    const dead = (): boolean => incarnation?.()?.dead ?? false;
    const refuse = (): void => {
      if (incarnation?.()?.replaced) throw new Error("another instance took its place");
    };
    let depth = 0;
    return {
      sql: {
        exec: (query, ...bindings) => {
          refuse();
          return { toArray: () => [], ...(dead() ? {} : this.#exec(query, bindings)) };
        },
      },
      transactionSync: (closure) => {
        refuse();
        if (dead()) return closure();
        if (depth === 0 && this.#world.kill("before commit")) {
          this.kill();
          const killed = incarnation?.();
          if (killed) killed.dead = true;
          return closure();
        }
        depth += 1;
        this.database.exec(`SAVEPOINT s${depth}`);
        try {
          const result = closure();
          this.database.exec(`RELEASE s${depth}`);
          depth -= 1;
          if (depth === 0 && this.#world.kill("after commit")) this.kill();
          if (depth === 0) this.#evictSoon(incarnation?.());
          return result;
        } catch (error) {
          this.database.exec(`ROLLBACK TO s${depth}; RELEASE s${depth}`);
          depth -= 1;
          throw error;
        }
      },
    };
  }

  #exec(query: string, bindings: readonly SqlValue[]): { toArray(): Record<string, SqlValue>[] } {
    if (this.failsOn?.(query, bindings)) throw new Error(`the disk refused: ${query.slice(0, 40)}`);
    if (!/^\s*SELECT/i.test(query)) this.writes += 1;
    if (bindings.length === 0 && query.includes(";")) {
      this.database.exec(query);
      return { toArray: () => [] };
    }
    const statement = this.#statements.get(query) ?? this.database.prepare(query);
    this.#statements.set(query, statement);
    const rows = statement.all(
      ...bindings.map((value) => (value instanceof ArrayBuffer ? new Uint8Array(value) : value)),
    );
    return { toArray: () => rows.map(readable) };
  }
}

async function askWish(world: SimulatedWorld): Promise<KnownWish> {
  return (await world.askWish?.()) ?? { version: 0, wish: null };
}

/** What the plugin makes of an envelope that comes later. */
async function finishTask(world: SimulatedWorld, ...asked: [ActionCall, Json, string?]): Promise<ActionResult> {
  return world.finish?.(...asked) ?? { ok: true, output: asked[1] };
}

/** What a tenant object without limits answers. */
export function unlimitedLeases({ wishes }: Pick<LeaseAsk, "wishes">): LeaseAnswer {
  return {
    grants: wishes.map(({ account, used, want }) => ({
      account,
      granted: used + want,
      mark: 0,
      ceiling: null,
      total: used,
    })),
  };
}

/** The columns here hold texts, numbers and nothing else. */
function readable(row: Record<string, unknown>): Record<string, SqlValue> {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [
      name,
      typeof value === "string" || typeof value === "number" ? value : null,
    ]),
  );
}
