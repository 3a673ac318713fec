import { DatabaseSync, type StatementSync } from "node:sqlite";
import type { ObjectStorage } from "../../durable-objects/coordinator/cell-storage.ts";
import { Exchange } from "../../durable-objects/tenant/exchange.ts";
import type { CellLink } from "../../durable-objects/tenant/exchange-ports.ts";
import { TenantSql } from "../../durable-objects/tenant/tenant-sql.ts";
import type { SqlValue } from "../../durable-objects/sqlite-migrations.ts";
import { VirtualClock } from "../../engine/driver/virtual-clock.ts";

/** Where a tenant object may be killed. */
export type KillPoint = "before commit" | "after commit" | "call sent" | "call answered";

export interface SimulatedCells {
  /** Asked at every point; true kills the tenant object there. */
  kill(point: KillPoint): boolean;
  /** The cell of that name. What it does is its own affair: it lives on when the tenant object dies. */
  cell(name: string): CellLink;
}

interface Life {
  exchange: Exchange;
  /** Killed: what it still sends goes nowhere. */
  gated: boolean;
  /** The turn in which it was killed is over: it does nothing any more. */
  dead: boolean;
  killed: Promise<undefined>;
  tellKilled(): void;
}

export const START = Date.UTC(2026, 10, 20, 12);

/**
 * A tenant object without a platform: its exchange on a SQLite database in memory that outlives it, with time that moves by
 * itself, one alarm, and a kill at any point. Writes of a turn and its alarm are durable together; what it sends in the
 * turn of a kill is never sent, as behind the platform's output gate.
 */
export class SimulatedTenant {
  readonly clock: VirtualClock;
  readonly reports: string[] = [];
  readonly #database = new DatabaseSync(":memory:");
  readonly #statements = new Map<string, StatementSync>();
  readonly #world: SimulatedCells;
  #life: Life | undefined;
  #disarm: (() => void) | undefined;
  kills = 0;
  alarmsSet = 0;
  writes = 0;

  /** With a clock that others live by too, their time passes with its own. */
  constructor(world: SimulatedCells, clock = new VirtualClock(START)) {
    this.clock = clock;
    this.#world = world;
  }

  get hasAlarm(): boolean {
    return this.#disarm !== undefined;
  }

  /** The stored rows, as another reader sees them. */
  rows(query: string): Record<string, unknown>[] {
    return this.#database.prepare(query).all();
  }

  /** What a caller gets; undefined when the object was killed before the answer left. */
  async ask<T>(question: (exchange: Exchange) => T | Promise<T>): Promise<Awaited<T> | undefined> {
    const life = this.#awaken();
    const answer = await Promise.race([(async () => question(life.exchange))(), life.killed]);
    return life.gated ? undefined : answer;
  }

  /** Asks until there is an answer, as a caller does that repeats. */
  async insist<T extends NonNullable<unknown> | null>(question: (exchange: Exchange) => T | Promise<T>): Promise<T> {
    for (;;) {
      const answer = await this.ask(async (exchange) => ({ value: await question(exchange) }));
      if (answer !== undefined) return answer.value;
      await this.pause(10);
    }
  }

  pause(ms: number): Promise<void> {
    return new Promise((resolve) => void this.clock.at(this.clock.now() + ms, resolve));
  }

  /** Lets time pass until `until`, or until nothing is left to happen. */
  async runUntil(until: number): Promise<void> {
    let passed = false;
    this.clock.at(until, () => {
      passed = true;
    });
    while (!passed) {
      await new Promise((resolve) => setImmediate(resolve));
      this.clock.fireNext();
    }
    await new Promise((resolve) => setImmediate(resolve));
  }

  kill(): void {
    const killed = this.#life;
    if (!killed) return;
    this.kills += 1;
    this.#life = undefined;
    killed.gated = true;
    killed.tellKilled();
    queueMicrotask(() => {
      killed.dead = true;
    });
  }

  #awaken(): Life {
    if (this.#life) return this.#life;
    let tellKilled = (): void => undefined;
    const killed = new Promise<undefined>((resolve) => {
      tellKilled = () => resolve(undefined);
    });
    const self: { life?: Life } = {};
    const storage = new TenantSql(this.#storageOf(() => self.life));
    const exchange = new Exchange(storage, {
      now: () => this.clock.now(),
      cell: (name) => this.#link(self, name),
      later: (ms, task) =>
        this.clock.at(this.clock.now() + ms, () => {
          if (!self.life?.gated) task();
        }),
      setAlarm: (at) => {
        if (!self.life?.dead) this.#setAlarm(at);
      },
      report: (message, error) => this.reports.push(`${message}: ${String(error)}`),
    });
    self.life = { exchange, gated: false, dead: false, killed, tellKilled: () => tellKilled() };
    this.#life = self.life;
    return self.life;
  }

  #link(self: { life?: Life }, name: string): CellLink {
    const call = async <T>(ask: (cell: CellLink) => Promise<T>): Promise<T> => {
      const never = new Promise<never>(() => undefined);
      if (self.life?.gated) return never;
      const answer = ask(this.#world.cell(name));
      answer.catch(() => undefined);
      if (this.#world.kill("call sent")) this.kill();
      const value = await answer;
      if (self.life?.gated) return never;
      if (!this.#world.kill("call answered")) return value;
      this.kill();
      return never;
    };
    return {
      act: (execution, command) => call((cell) => cell.act(execution, command)),
      reportLease: (account, mark) => call((cell) => cell.reportLease(account, mark)),
      leasesChanged: (budgets) => call((cell) => cell.leasesChanged(budgets)),
      isLive: (execution) => call((cell) => cell.isLive(execution)),
    };
  }

  #setAlarm(at: number): void {
    this.alarmsSet += 1;
    this.#disarm?.();
    this.#disarm = this.clock.at(at, () => {
      this.#disarm = undefined;
      const { exchange } = this.#awaken();
      try {
        exchange.onAlarm();
      } catch (error) {
        this.reports.push(`the alarm failed: ${String(error)}`);
      }
      // A kill in its turn, before it was set again: the platform rings an alarm that did not end.
      if (this.#life?.exchange !== exchange && this.#disarm === undefined) this.#setAlarm(this.clock.now() + 2_000);
    });
  }

  #storageOf(life: () => Life | undefined): ObjectStorage {
    const dead = (): boolean => life()?.dead ?? false;
    let depth = 0;
    return {
      sql: {
        exec: (query, ...bindings) => {
          const rows = dead() ? [] : this.#exec(query, bindings);
          return { toArray: () => rows };
        },
      },
      transactionSync: (closure) => {
        if (dead()) throw new Error("the object is dead");
        const outermost = depth === 0;
        if (outermost && life() && this.#world.kill("before commit")) {
          this.kill();
          const killed = life();
          if (killed) killed.dead = true;
          throw new Error("the object was killed");
        }
        depth += 1;
        this.#database.exec(`SAVEPOINT s${depth}`);
        try {
          const result = closure();
          this.#database.exec(`RELEASE s${depth}`);
          depth -= 1;
          if (outermost && life() && this.#world.kill("after commit")) this.kill();
          return result;
        } catch (error) {
          this.#database.exec(`ROLLBACK TO s${depth}; RELEASE s${depth}`);
          depth -= 1;
          throw error;
        }
      },
    };
  }

  #exec(query: string, bindings: readonly SqlValue[]): Record<string, SqlValue>[] {
    if (!/^\s*SELECT/i.test(query)) this.writes += 1;
    if (bindings.length === 0 && query.includes(";")) {
      this.#database.exec(query);
      return [];
    }
    const statement = this.#statements.get(query) ?? this.#database.prepare(query);
    this.#statements.set(query, statement);
    const values = bindings.map((value) => (value instanceof ArrayBuffer ? new Uint8Array(value) : value));
    return statement.all(...values).map(readable);
  }
}

/** The columns here hold texts, numbers and nothing else. */
function readable(row: Record<string, unknown>): Record<string, SqlValue> {
  const plain = (value: unknown): SqlValue => (typeof value === "string" || typeof value === "number" ? value : null);
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, plain(value)]));
}

/** Chance that a seed always gives again (mulberry32). */
export function chance(seed: number): () => number {
  let a = seed;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
