import { DatabaseSync, type StatementSync } from "node:sqlite";
import type { FiringOutcome, Firing, StoredTrigger } from "../../contracts/triggers-rpc.ts";
import type { ObjectStorage } from "../../durable-objects/coordinator/cell-storage.ts";
import { ObjectSql } from "../../durable-objects/object-sql.ts";
import type { SqlValue } from "../../durable-objects/sqlite-migrations.ts";
import { TRIGGERS_MIGRATIONS } from "../../durable-objects/triggers/migrations.ts";
import { TriggerBoard } from "../../durable-objects/triggers/trigger-board.ts";
import { VirtualClock } from "../../engine/driver/virtual-clock.ts";
import type { JsonObject } from "../../engine/json.ts";
import { triggerSpec } from "../../engine/triggers/trigger-spec.ts";

/** Where a triggers object may be killed. */
export type KillPoint = "before commit" | "after commit" | "call sent" | "call answered";

export interface TriggerWorld {
  /** Asked at every point; true kills the object there. */
  kill(point: KillPoint): boolean;
  /** The platform Worker, which lives on when the object dies. */
  start(firings: Firing[]): Promise<FiringOutcome[]>;
}

interface Life {
  board: TriggerBoard;
  /** Killed: what it still sends goes nowhere. */
  gated: boolean;
  /** The turn in which it was killed is over: it does nothing any more. */
  dead: boolean;
  killed: Promise<undefined>;
  tellKilled(): void;
}

export const START = Date.UTC(2026, 10, 20, 12);
export const OWNER = { tenantId: "ten_a", environment: "test" } as const;

/** A trigger as its record would be put. */
export function storedTrigger(id: string, config: JsonObject, changed: Partial<StoredTrigger> = {}): StoredTrigger {
  return {
    id,
    revision: 1,
    name: id,
    workflow: "w",
    spec: triggerSpec(config),
    active: true,
    actor: { keyId: "key_me", roles: [], permissions: [] },
    ...changed,
  };
}

/**
 * A triggers object without a platform: its board on a SQLite database in memory that outlives it, with time that moves by
 * itself, one alarm, and a kill at any point. Writes of a turn and its alarm are durable together; what it sends in the
 * turn of a kill is never sent, as behind the platform's output gate.
 */
export class SimulatedTriggers {
  readonly clock = new VirtualClock(START);
  readonly reports: string[] = [];
  readonly #database = new DatabaseSync(":memory:");
  readonly #statements = new Map<string, StatementSync>();
  readonly #world: TriggerWorld;
  #life: Life | undefined;
  #disarm: (() => void) | undefined;
  /** While it is down its alarm does not ring. */
  #downUntil = 0;
  kills = 0;
  alarms = 0;

  constructor(world: TriggerWorld) {
    this.#world = world;
  }

  get hasAlarm(): boolean {
    return this.#disarm !== undefined;
  }

  rows(query: string): Record<string, unknown>[] {
    return this.#database.prepare(query).all();
  }

  /** What a caller gets; undefined when the object was killed before the answer left. */
  async ask<T>(question: (board: TriggerBoard) => T | Promise<T>): Promise<Awaited<T> | undefined> {
    const life = this.#awaken();
    const answer = await Promise.race([(async () => question(life.board))().catch(() => undefined), life.killed]);
    return life.gated ? undefined : answer;
  }

  /** Asks until there is an answer, as a caller does that repeats. */
  async insist<T>(question: (board: TriggerBoard) => T | Promise<T>): Promise<Awaited<T>> {
    for (;;) {
      const answer = await this.ask(async (board) => ({ value: await question(board) }));
      if (answer !== undefined) return answer.value;
      await this.pause(10);
    }
  }

  pause(ms: number): Promise<void> {
    return new Promise((resolve) => void this.clock.at(this.clock.now() + ms, resolve));
  }

  /** Lets time pass until `until`. */
  async runUntil(until: number): Promise<void> {
    let passed = false;
    this.clock.at(until, () => {
      passed = true;
    });
    for (let still = 0, last = 0; !passed; still = this.clock.now() === last ? still + 1 : 0) {
      last = this.clock.now();
      if (still > 10_000) throw new Error("time stands still: an alarm rings again and again");
      await new Promise((resolve) => setImmediate(resolve));
      this.clock.fireNext();
    }
    for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
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

  /** Nothing runs for so long: an alarm that is due meanwhile rings afterwards. */
  goDown(ms: number): void {
    this.kill();
    this.#downUntil = this.clock.now() + ms;
  }

  #awaken(): Life {
    if (this.#life) return this.#life;
    let tellKilled = (): void => undefined;
    const killed = new Promise<undefined>((resolve) => {
      tellKilled = () => resolve(undefined);
    });
    const self: { life?: Life } = {};
    const board = new TriggerBoard(
      new ObjectSql(
        this.#storageOf(() => self.life),
        TRIGGERS_MIGRATIONS,
      ),
      {
        now: () => this.clock.now(),
        starts: { start: (_owner, firings) => this.#start(self, firings) },
        later: (ms, task) =>
          this.clock.at(this.clock.now() + ms, () => {
            if (!self.life?.gated) task();
          }),
        setAlarm: (at) => {
          if (!self.life?.dead) this.#setAlarm(at);
        },
        report: (message, error) => this.reports.push(`${message}: ${String(error)}`),
      },
    );
    self.life = { board, gated: false, dead: false, killed, tellKilled: () => tellKilled() };
    this.#life = self.life;
    return self.life;
  }

  async #start(self: { life?: Life }, firings: Firing[]): Promise<FiringOutcome[]> {
    const never = new Promise<never>(() => undefined);
    if (self.life?.gated) return never;
    const answer = this.#world.start(structuredClone(firings));
    answer.catch(() => undefined);
    if (this.#world.kill("call sent")) this.kill();
    const value = await answer;
    if (self.life?.gated) return never;
    if (!this.#world.kill("call answered")) return value;
    this.kill();
    return never;
  }

  #setAlarm(at: number): void {
    this.#disarm?.();
    this.#disarm = this.clock.at(Math.max(at, this.#downUntil), () => {
      this.#disarm = undefined;
      if (this.clock.now() < this.#downUntil) {
        this.#setAlarm(this.#downUntil);
        return;
      }
      this.alarms += 1;
      const { board } = this.#awaken();
      try {
        board.onAlarm();
      } catch (error) {
        this.reports.push(`the alarm failed: ${String(error)}`);
      }
      // A kill in its turn, before it was set again: the platform rings an alarm that did not end.
      if (this.#life?.board !== board && this.#disarm === undefined) this.#setAlarm(this.clock.now() + 2_000);
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
