import { expect, test } from "vitest";
import type { Firing, FiringOutcome, HookAnswer } from "../../contracts/triggers-rpc.ts";
import { CronSchedule } from "../../engine/triggers/cron-schedule.ts";
import { isObject, type Json } from "../../engine/json.ts";
import { chance } from "../tenant/simulated-tenant.ts";
import { type KillPoint, OWNER, SimulatedTriggers, START, storedTrigger } from "./simulated-triggers.ts";

/*
 * A triggers object that is killed at any point, on a platform that is slow, loses answers and sometimes refuses: every due
 * time, delivery and event starts one execution, and nothing is left behind.
 */

const SEEDS = Number(process.env.SEEDS ?? 80);
const FIRST_SEED = Number(process.env.FIRST_SEED ?? 1);
const ROUGH_MS = 180_000;
const DAY_MS = 86_400_000;
/** A cell forgets a key then: a start that is asked for again afterwards is another one. */
const CELL_REMEMBERS_MS = DAY_MS;
const CRONS = { a: "*/10 * * * * *", b: "*/7 * * * * *", c: "* * * * *" };

interface Execution {
  id: string;
  key: string;
  at: number;
  trigger: { [name: string]: Json };
}

class Round {
  readonly object: SimulatedTriggers;
  readonly executions: Execution[] = [];
  readonly wrong: string[] = [];
  readonly #random: () => number;
  readonly #known = new Map<string, Execution>();
  readonly #until = START + ROUGH_MS;
  lost = 0;

  constructor(seed: number) {
    this.#random = chance(seed);
    const often = 0.01 + this.#random() * 0.06;
    this.object = new SimulatedTriggers({
      kill: (_point: KillPoint) => this.#rough && this.#random() < often,
      start: (firings) => this.#start(firings),
    });
  }

  get #rough(): boolean {
    return this.object.clock.now() < this.#until;
  }

  async play(): Promise<void> {
    const schedules = Object.entries(CRONS).map(([id, cron]) => storedTrigger(id, { type: "schedule", cron }));
    const others = [
      storedTrigger("hook", { type: "webhook", path: "in" }),
      storedTrigger("event", { type: "event", topic: "paid" }),
      storedTrigger("batch", { type: "event", topic: "paid", batch: { max_size: 3, timeout: "4s" } }),
      storedTrigger("slow", { type: "event", topic: "paid", throttle: { limit: 2, period: "20s" } }),
    ];
    let since = 0;
    let done = false;
    const work = async () => {
      await this.object.insist((board) => board.put(OWNER, [...schedules, ...others]));
      since = this.object.clock.now();
      await Promise.all([0, 1].flatMap((index) => [this.#sender(index), this.#publisher(index)]));
      done = true;
    };
    const working = work();
    await this.object.runUntil(this.#until + 120_000);
    if (!done) this.wrong.push("somebody was never answered");
    else await working;
    const until = this.object.clock.now();
    this.#checkSchedules(since, until);
    await this.object.insist((board) => board.remove([...schedules, ...others].map(({ id }) => ({ id, revision: 2 }))));
    await this.object.runUntil(until + 20 * DAY_MS);
    for (const table of ["firings", "taken", "windows", "window_events", "paces", "runs", "triggers"])
      if (this.object.rows(`SELECT * FROM ${table}`).length > 0) this.wrong.push(`${table} is never emptied`);
    if (this.object.hasAlarm) this.wrong.push("an alarm is set for nothing");
    this.#checkEvents();
  }

  /** The platform: it knows a key for a day, is slow, and loses what it answers. */
  async #start(firings: readonly Firing[]): Promise<FiringOutcome[]> {
    const rough = this.#rough;
    if (rough && this.#random() < 0.1) throw new Error("the Worker was gone");
    await this.object.pause(Math.floor(this.#random() * 800));
    const outcomes = firings.map((firing): FiringOutcome => {
      if (rough && this.#random() < 0.15) return { kind: "later", reached: false, message: "Postgres is down" };
      return { kind: "started", executionId: this.#begin(firing).id };
    });
    if (rough && this.#random() < 0.15) {
      this.lost += 1;
      throw new Error("the answer was lost");
    }
    await this.object.pause(Math.floor(this.#random() * 200));
    return outcomes;
  }

  #begin({ key, trigger }: Firing): Execution {
    const now = this.object.clock.now();
    const known = this.#known.get(key);
    if (known && now - known.at < CELL_REMEMBERS_MS) return known;
    const execution = { id: `exec_${this.executions.length}`, key, at: now, trigger };
    this.#known.set(key, execution);
    this.executions.push(execution);
    return execution;
  }

  /** Sends deliveries, some of them again and again, as senders do that did not hear the answer. */
  async #sender(index: number): Promise<void> {
    for (let n = 0; n < 12; n++) {
      await this.object.pause(Math.floor(this.#random() * 14_000));
      const name = `id:d${index}-${n}`;
      const answers: HookAnswer[] = [];
      for (let again = 0; again < 1 + Math.floor(this.#random() * 3); again++) {
        const callId = `${name}-${again}-${Math.floor(this.#random() * 1e9)}`;
        const at = this.object.clock.now();
        const delivery = { triggerId: "hook", names: [name], rememberMs: DAY_MS, callId, at, came: { payload: name } };
        answers.push(await this.object.insist((board) => board.deliver(delivery)));
      }
      const ids = new Set(answers.flatMap((it) => (it.kind === "accepted" && it.executionId ? [it.executionId] : [])));
      if (answers.some(({ kind }) => kind !== "accepted")) this.wrong.push(`${name} was refused`);
      if (ids.size > 1) this.wrong.push(`${name} was answered ${[...ids].join(" and ")}`);
    }
  }

  async #publisher(index: number): Promise<void> {
    for (let n = 0; n < 10; n++) {
      await this.object.pause(Math.floor(this.#random() * 15_000));
      const at = this.object.clock.now();
      const event = { id: `e${index}-${n}`, name: "paid", source: "api", payload: { n }, at, depth: 0 };
      for (let again = 0; again < 1 + Math.floor(this.#random() * 2); again++) {
        const taken = await this.object.insist((board) => board.publish(event));
        if (!taken.ok || taken.value !== 3) this.wrong.push(`${event.id} was not taken by all`);
      }
    }
  }

  #checkSchedules(since: number, until: number): void {
    for (const [id, cron] of Object.entries(CRONS)) {
      const times = CronSchedule.of(cron, "UTC")?.between(since, until - 30_000, 1_000) ?? [];
      for (const due of times) {
        const of = this.executions.filter(({ key }) => key === `${id}@${due}`);
        if (of.length !== 1) this.wrong.push(`${id} at ${new Date(due).toISOString()} started ${of.length} times`);
        if (of.some(({ trigger }) => trigger.at !== new Date(due).toISOString()))
          this.wrong.push(`${id} lies about ${due}`);
      }
      const extra = this.executions.filter(({ key }) => key.startsWith(`${id}@`) && Number(key.slice(2)) <= START);
      if (extra.length > 0) this.wrong.push(`${id} started for times before it was there`);
    }
  }

  #checkEvents(): void {
    const count = (test: (execution: Execution) => boolean) => this.executions.filter(test).length;
    for (let index = 0; index < 2; index++) {
      for (let n = 0; n < 12; n++) {
        const times = count(({ key, trigger }) => key.startsWith("hook:") && trigger.payload === `id:d${index}-${n}`);
        if (times !== 1) this.wrong.push(`delivery d${index}-${n} started ${times} times`);
      }
      for (let n = 0; n < 10; n++) {
        for (const id of ["event", "slow"]) {
          const times = count(({ key }) => key === `${id}:e${index}-${n}`);
          if (times !== 1) this.wrong.push(`event e${index}-${n} started ${id} ${times} times`);
        }
        const batches = this.executions.filter(({ key, trigger: { events } }) => {
          const list = Array.isArray(events) ? events : [];
          return key.startsWith("batch#") && list.some((it) => isObject(it) && it.event_id === `e${index}-${n}`);
        });
        if (batches.length !== 1) this.wrong.push(`event e${index}-${n} is in ${batches.length} batches`);
      }
    }
  }
}

test(`${SEEDS} rounds of kills: one execution for each due time, delivery and event, and nothing is left`, {
  timeout: 180_000,
}, async () => {
  let kills = 0;
  let executions = 0;
  let lost = 0;
  for (let seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) {
    const round = new Round(seed);
    await round.play();
    expect(round.wrong, `FIRST_SEED=${seed} SEEDS=1`).toEqual([]);
    kills += round.object.kills;
    executions += round.executions.length;
    lost += round.lost;
  }
  expect(kills).toBeGreaterThan(SEEDS * 3);
  expect(lost).toBeGreaterThan(SEEDS);
  expect(executions).toBeGreaterThan(SEEDS * 50);
});
