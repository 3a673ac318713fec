import { expect, test } from "vitest";
import { failure, success } from "../../contracts/errors.ts";
import type { KeyedEvent, KeyedWait } from "../../contracts/rpc.ts";
import type { CellLink } from "../../durable-objects/tenant/exchange-ports.ts";
import { record } from "./execution-record.ts";
import { NO_LEASES } from "./no-leases.ts";
import { chance, type KillPoint, SimulatedTenant, START } from "./simulated-tenant.ts";

const SCHEDULES = 200;
const DAY_MS = 86_400_000;
const KEYS = ["x", "y"] as const;

interface Waiter {
  id: string;
  key: string;
  path: string;
  /** `asking` until the tenant object has answered; `gone`: its cell knows it no more. */
  status: "asking" | "waiting" | "taken" | "over" | "gone";
  /** When the tenant object said that it will be told. */
  since: number;
  /** Declines this one: its filter does not fit. */
  unwanted?: string;
}

interface Published {
  id: string;
  key: string;
  /** When its publisher had its answer. */
  at: number;
}

/** Publishers and waiters that live on, and a tenant object between them that does not. */
class Schedule {
  readonly tenant: SimulatedTenant;
  readonly published: Published[] = [];
  readonly waiters: Waiter[] = [];
  readonly taken = new Map<string, string[]>();
  readonly declined = new Set<string>();
  readonly wrong: string[] = [];
  readonly #random: () => number;
  readonly #roughUntil = START + 120_000;
  /** What one consumer has had, in its order. */
  readonly #had = new Map<string, string[]>();

  constructor(seed: number) {
    this.#random = chance(seed);
    const often = 0.01 + this.#random() * 0.1;
    const kill = (_point: KillPoint): boolean => this.#rough && this.#random() < often;
    this.tenant = new SimulatedTenant({ kill, cell: () => this.#cell });
  }

  get #rough(): boolean {
    return this.tenant.clock.now() < this.#roughUntil;
  }

  async play(): Promise<void> {
    const work = [...KEYS.map((key) => this.#publisher(key)), ...[0, 1, 2, 3].map((index) => this.#consumer(index))];
    let done = false;
    void Promise.all(work).then(() => {
      done = true;
    });
    await this.tenant.runUntil(START + 600_000);
    if (!done) this.wrong.push("somebody was never answered");
    this.#checkWaiting();
    let drained = false;
    void this.#drain().then(() => {
      drained = true;
    });
    await this.tenant.runUntil(START + 700_000);
    if (!drained) this.wrong.push("what was kept cannot be had");
    this.#checkTaken();
    await this.tenant.runUntil(START + 10 * DAY_MS);
    for (const table of ["keyed_events", "keyed_waits", "deliveries"])
      if (this.tenant.rows(`SELECT * FROM ${table}`).length > 0) this.wrong.push(`${table} is never emptied`);
    if (this.tenant.hasAlarm) this.wrong.push("an alarm is set for nothing");
  }

  /** One after the other, each until it is answered. */
  async #publisher(key: string): Promise<void> {
    for (let index = 0; index < 6; index++) {
      await this.tenant.pause(Math.floor(this.#random() * 15_000));
      const event: KeyedEvent = {
        id: `evt_${key}${index}`,
        name: "paid",
        key,
        payload: { index },
        expiresAt: START + 7 * DAY_MS,
      };
      const answer = await this.tenant.insist((exchange) => exchange.events.publish(event));
      if (!answer.ok) this.wrong.push(`${event.id} was refused`);
      this.published.push({ id: event.id, key, at: this.tenant.clock.now() });
    }
  }

  /** Waits for a key some times: it gets an event, or gives up, or is gone. */
  async #consumer(index: number): Promise<void> {
    const key = KEYS[index % KEYS.length] ?? "x";
    for (let round = 0; round < 4; round++) {
      await this.tenant.pause(Math.floor(this.#random() * 20_000));
      const unwanted = this.#random() < 0.15 ? `evt_${key}${Math.floor(this.#random() * 6)}` : undefined;
      const waiter: Waiter = {
        id: `exec_${index}`,
        key,
        path: `wait[${round}]`,
        status: "asking",
        since: 0,
        ...(unwanted ? { unwanted } : {}),
      };
      this.waiters.push(waiter);
      await this.#await(waiter);
      // A cell that comes back asks again.
      if (this.#random() < 0.3) {
        await this.tenant.pause(500);
        if (waiter.status === "waiting") await this.#await(waiter);
      }
      await this.tenant.pause(Math.floor(this.#random() * 30_000));
      if (waiter.status === "waiting" && this.#random() < 0.15) waiter.status = "gone";
      else if (waiter.status === "waiting" && this.#random() < 0.3) waiter.status = "over";
      while (waiter.status === "waiting" && this.#rough) await this.tenant.pause(5_000);
      if (waiter.status === "waiting") return;
      if (waiter.status !== "gone" && this.#random() < 0.8)
        await this.tenant.insist((exchange) => {
          exchange.events.forget(waiter.id, waiter.path);
          return null;
        });
      if (waiter.status === "gone") return;
    }
  }

  async #await(waiter: Waiter): Promise<void> {
    const wait: KeyedWait = { executionId: waiter.id, cell: "cell", path: waiter.path, name: "paid", key: waiter.key };
    const event = await this.tenant.insist((exchange) => exchange.events.await(wait));
    // What is answered and does not fit is not modelled: a wait here does not ask for what it declines.
    if (event !== null) this.#take(waiter, event.id);
    else if (waiter.status === "asking") {
      waiter.status = "waiting";
      waiter.since = this.tenant.clock.now();
    }
  }

  #take(waiter: Waiter, event: string): void {
    const by = `${waiter.id} ${waiter.path}`;
    const already = this.taken.get(event) ?? [];
    if (already.includes(by)) return;
    if (waiter.status === "taken") this.wrong.push(`${by} was given ${event} too`);
    waiter.status = "taken";
    this.taken.set(event, [...already, by]);
    const had = this.#had.get(waiter.id) ?? [];
    const last = had.at(-1);
    // What somebody declined stays behind for those who come later.
    if (last !== undefined && last >= event && !this.declined.has(event))
      this.wrong.push(`${waiter.id} had ${event} after ${last}`);
    this.#had.set(waiter.id, [...had, event]);
  }

  /** Whoever waits still was given nothing since it began to wait, because nothing came. */
  #checkWaiting(): void {
    for (const { id, path, key, status, since, unwanted } of this.waiters) {
      if (status !== "waiting") continue;
      for (const event of this.published)
        if (event.key === key && event.at > since && event.id !== unwanted)
          this.wrong.push(`${id} ${path} waits, though ${event.id} came`);
    }
  }

  /** Everything that nobody took is kept, in order, and is had once. */
  async #drain(): Promise<void> {
    for (const waiter of this.waiters) {
      if (waiter.status !== "waiting") continue;
      waiter.status = "over";
      await this.tenant.insist((exchange) => {
        exchange.events.forget(waiter.id, waiter.path);
        return null;
      });
    }
    for (const key of KEYS) {
      for (let round = 0; ; round++) {
        const waiter: Waiter = { id: `exec_drain_${key}`, key, path: `wait[${round}]`, status: "asking", since: 0 };
        await this.#await(waiter);
        if (waiter.status !== "taken") break;
        const event = [...this.taken].find(([, by]) => by.includes(`${waiter.id} ${waiter.path}`));
        if (event && event[1].length > 1) this.wrong.push(`${event[0]} was kept, though ${event[1].join(", ")} had it`);
      }
    }
  }

  #checkTaken(): void {
    for (const { id } of this.published) if (!this.taken.has(id)) this.wrong.push(`${id} is lost`);
  }

  async #weather(): Promise<void> {
    if (!this.#rough) return;
    const luck = this.#random();
    if (luck < 0.1) throw new Error("the cell cannot be reached");
    if (luck < 0.12) await new Promise(() => undefined);
    if (luck < 0.4) await this.tenant.pause(Math.floor(this.#random() * 2_000));
  }

  readonly #cell: CellLink = {
    ...NO_LEASES,
    act: async (id, command) => {
      if (command.type !== "signal" || command.id === undefined) throw new Error(`an odd command: ${command.type}`);
      await this.#weather();
      const waiter = this.waiters.find((it) => it.id === id && it.path === command.path);
      if (!waiter || waiter.status === "gone") return null;
      if (this.taken.get(command.id)?.includes(`${id} ${waiter.path}`)) return success(record(id, "running"));
      if (waiter.status === "over" || waiter.status === "taken") return failure("NOT_FOUND", "Nothing waits there.");
      if (command.id === waiter.unwanted) {
        this.declined.add(command.id);
        return failure("VALIDATION", "It does not fit.");
      }
      this.#take(waiter, command.id);
      await this.#weather();
      return success(record(id, "running"));
    },
    isLive: async (id) => {
      await this.#weather();
      return this.waiters.some((it) => it.id === id && it.status === "waiting");
    },
  };
}

test(`${SCHEDULES} schedules of kills lose no event, and give it to each that waits once`, {
  timeout: 120_000,
}, async () => {
  let kills = 0;
  let shared = 0;
  for (let seed = 1; seed <= SCHEDULES; seed++) {
    const schedule = new Schedule(seed);
    await schedule.play();
    expect(schedule.wrong, `seed ${seed}`).toEqual([]);
    kills += schedule.tenant.kills;
    shared += [...schedule.taken.values()].filter((by) => by.length > 1).length;
  }
  expect(kills).toBeGreaterThan(SCHEDULES * 2);
  expect(shared).toBeGreaterThan(SCHEDULES / 4);
});
