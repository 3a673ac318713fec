import { DatabaseSync, type StatementSync } from "node:sqlite";
import type { KnownWish } from "../../contracts/feed-rpc.ts";
import type { WebhookAnswer, WebhookRequest } from "../../contracts/webhook-delivery.ts";
import type { ObjectStorage } from "../../durable-objects/coordinator/cell-storage.ts";
import type { FeedPorts } from "../../durable-objects/feed/feed-ports.ts";
import { FEED_MIGRATIONS } from "../../durable-objects/feed/migrations.ts";
import { Outlet } from "../../durable-objects/feed/outlet.ts";
import type { LoggedEvent } from "../../durable-objects/feed/reader-sockets.ts";
import { Webhooks } from "../../durable-objects/feed/webhooks.ts";
import { ObjectSql } from "../../durable-objects/object-sql.ts";
import type { SqlValue } from "../../durable-objects/sqlite-migrations.ts";
import { VirtualClock } from "../../engine/driver/virtual-clock.ts";

/** Where a feed object may be killed. */
export type KillPoint = "before commit" | "after commit" | "call sent" | "call answered";

export interface FeedWorld {
  /** Asked at every point; true kills the feed object there. */
  kill?(point: KillPoint): boolean;
  /** One attempt, at the receiver. */
  receive(request: WebhookRequest): Promise<WebhookAnswer>;
  /** From 0 to 1. */
  luck?(): number;
  cells?(): Promise<string[]>;
  setFeed?(cell: string, wish: KnownWish): Promise<void>;
}

interface Life {
  outlet: Outlet;
  webhooks: Webhooks;
  /** Killed: what it still sends goes nowhere. */
  gated: boolean;
  /** The turn in which it was killed is over: it does nothing any more. */
  dead: boolean;
  killed: Promise<undefined>;
  tellKilled(): void;
}

export const START = Date.UTC(2026, 10, 20, 12);

export function answerOf(status: number | null, more: Partial<WebhookAnswer> = {}): WebhookAnswer {
  return { status, headers: {}, body: "", truncated: false, elapsedMs: 1, ...more };
}

/**
 * A feed object without a platform: its parts on a SQLite database in memory that outlives them, with time that moves by itself,
 * one alarm, and a kill at any point. Writes of a turn and its alarm are durable together; what it sends in the turn of a
 * kill is never sent, as behind the platform's output gate.
 */
export class SimulatedFeed {
  readonly clock = new VirtualClock(START);
  readonly reports: string[] = [];
  readonly logged: LoggedEvent[] = [];
  readonly #database = new DatabaseSync(":memory:");
  readonly #statements = new Map<string, StatementSync>();
  readonly #world: FeedWorld;
  #life: Life | undefined;
  #disarm: (() => void) | undefined;
  #ids = 0;
  /** Sockets of readers, which outlive the object. */
  readers = 0;
  kills = 0;
  /** SQL that fails as if the disk said no. */
  failsOn: (query: string) => boolean = () => false;
  /** How late an alarm rings. */
  alarmLateMs = 0;
  /** Ids of notices that whoever writes the audit log was given, with what they say; again when it could not say that it has them. */
  readonly audit = new Map<string, string>();

  constructor(world: FeedWorld) {
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
  async ask<T>(question: (feed: { outlet: Outlet; webhooks: Webhooks }) => T | Promise<T>): Promise<T | undefined> {
    const life = this.#awaken();
    // In the caller's own turn: the object may be killed in the middle of it.
    const answer = await Promise.race([(async () => question(life))(), life.killed]);
    return life.gated ? undefined : answer;
  }

  /** Asks until there is an answer, as a caller does that repeats. */
  async insist<T>(question: (feed: { outlet: Outlet; webhooks: Webhooks }) => T | Promise<T>): Promise<T> {
    for (;;) {
      try {
        const answer = await this.ask(async (feed) => ({ value: await question(feed) }));
        if (answer !== undefined) return answer.value;
      } catch (error) {
        if (!String(error).includes("killed")) throw error;
      }
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
    const sql = new ObjectSql(
      this.#storageOf(() => self.life),
      FEED_MIGRATIONS,
    );
    const ports = this.#portsOf(self);
    const outlet = new Outlet(sql, ports);
    const webhooks = new Webhooks(outlet, ports);
    self.life = { outlet, webhooks, gated: false, dead: false, killed, tellKilled: () => tellKilled() };
    this.#life = self.life;
    return self.life;
  }

  #portsOf(self: { life?: Life }): FeedPorts {
    const call = async <T>(work: () => Promise<T>): Promise<T> => {
      const never = new Promise<never>(() => undefined);
      // What is sent waits for the commit of its turn.
      await Promise.resolve();
      if (self.life?.gated) return never;
      const answer = work();
      answer.catch(() => undefined);
      if (this.#world.kill?.("call sent")) this.kill();
      const value = await answer;
      if (self.life?.gated) return never;
      if (!this.#world.kill?.("call answered")) return value;
      this.kill();
      return never;
    };
    return {
      owner: () => ({ tenantId: "ten_a", environment: "test" }),
      now: () => this.clock.now(),
      random: () => this.#world.luck?.() ?? 0.5,
      newId: (prefix) => `${prefix}${++this.#ids}`,
      send: (request) => call(() => this.#world.receive(request)),
      cells: () => call(async () => (await this.#world.cells?.()) ?? []),
      cell: (name) => ({ setFeed: (wish) => call(async () => this.#world.setFeed?.(name, wish)) }),
      later: (ms, task) =>
        this.clock.at(this.clock.now() + ms, () => {
          if (!self.life?.gated) task();
        }),
      setAlarm: (at) => {
        if (!self.life?.dead) this.#setAlarm(at);
      },
      hintNotices: () => {
        if (!self.life?.gated) this.clock.at(this.clock.now() + 5, () => void this.#takeNotices());
      },
      logged: (events) => void this.logged.push(...events),
      report: (message, error) => this.reports.push(`${message}: ${String(error)}`),
    };
  }

  async #takeNotices(): Promise<void> {
    const notices = (await this.ask(({ outlet }) => outlet.notices.read())) ?? [];
    for (const { id, action, subject } of notices) this.audit.set(id, `${action} ${subject}`);
    await this.ask(({ outlet }) => outlet.notices.ack(notices.at(-1)?.seq ?? 0));
  }

  #setAlarm(at: number): void {
    this.#disarm?.();
    this.#disarm = this.clock.at(at + this.alarmLateMs, () => {
      this.#disarm = undefined;
      const life = this.#awaken();
      try {
        life.outlet.onAlarm(this.readers);
      } catch (error) {
        if (!String(error).includes("killed")) this.reports.push(`the alarm failed: ${String(error)}`);
      }
      // A kill in its turn, before it was set again: the platform rings an alarm that did not end.
      if (this.#life !== life && this.#disarm === undefined) this.#setAlarm(this.clock.now() + 2_000);
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
        if (dead()) throw new Error("the object was killed before");
        const outermost = depth === 0;
        if (outermost && life() && this.#world.kill?.("before commit")) {
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
          if (outermost && life() && this.#world.kill?.("after commit")) this.kill();
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
    if (this.failsOn(query)) throw new Error("the disk said no");
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
