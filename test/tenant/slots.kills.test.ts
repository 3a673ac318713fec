import { expect, test } from "vitest";
import { failure, success } from "../../contracts/errors.ts";
import type { SlotRequest } from "../../contracts/rpc.ts";
import type { CellLink } from "../../durable-objects/tenant/exchange-ports.ts";
import type { RunStatus } from "../../engine/run/types.ts";
import { record } from "./execution-record.ts";
import { NO_LEASES } from "./no-leases.ts";
import { chance, type KillPoint, SimulatedTenant, START } from "./simulated-tenant.ts";

const SCHEDULES = 200;
const EXECUTIONS = 14;
const DAY_MS = 86_400_000;

type Strategy = SlotRequest["strategy"];

interface Execution {
  id: string;
  key: string;
  /** `asking` until its cell has committed it; `never` when it was killed before. */
  status: "asking" | "pending" | "running" | "ending" | "ended" | "rejected" | "never";
  replaced: boolean;
}

/** Executions that come, run and end on cells that never die, and a tenant object that does. */
class Schedule {
  readonly tenant: SimulatedTenant;
  readonly executions: Execution[] = [];
  readonly wrong: string[] = [];
  readonly #random: () => number;
  readonly #limits: Record<string, number>;
  readonly #strategies: readonly Strategy[];
  readonly #lossy: boolean;
  /** Up to this time cells answer badly and the tenant object is killed. */
  readonly #roughUntil = START + 300_000;

  constructor(seed: number) {
    this.#random = chance(seed);
    const often = 0.01 + this.#random() * 0.08;
    this.#limits = { a: 1 + Math.floor(this.#random() * 3), b: 1 };
    const some: Strategy[][] = [["queue"], ["queue", "reject"], ["cancel_running"], ["queue", "cancel_running"]];
    this.#strategies = some[seed % some.length] ?? [];
    this.#lossy = this.#random() < 0.7;
    const kill = (_point: KillPoint): boolean => this.#rough && this.#random() < often;
    this.tenant = new SimulatedTenant({ kill, cell: () => this.#cell });
  }

  get #rough(): boolean {
    return this.tenant.clock.now() < this.#roughUntil;
  }

  async play(): Promise<void> {
    const lives = Array.from({ length: EXECUTIONS }, (_, index) => this.#live(index));
    await this.tenant.runUntil(START + 1_800_000);
    for (const { id, status } of this.executions)
      if (status === "pending" || status === "asking") this.wrong.push(`${id} is ${status} for ever`);
    await Promise.race([Promise.all(lives), new Promise((resolve) => setImmediate(resolve))]);
    // Whose end was never told and whose key nobody wanted is found within a day.
    await this.tenant.runUntil(START + 3 * DAY_MS);
    if (this.tenant.rows("SELECT * FROM slots").length > 0) this.wrong.push("a slot is held by nobody");
    if (this.tenant.rows("SELECT * FROM slot_keys").length > 0) this.wrong.push("a key is kept for nobody");
    if (this.tenant.hasAlarm) this.wrong.push("an alarm is set for nothing");
  }

  async #live(index: number): Promise<void> {
    const pick = <T>(from: readonly T[]): T => from[Math.floor(this.#random() * from.length)] as T;
    const key = pick(["a", "a", "b"]);
    const strategy = pick(this.#strategies);
    await this.tenant.pause(Math.floor(this.#random() * 120_000));
    const execution: Execution = { id: `exec_${index}`, key, status: "asking", replaced: false };
    this.executions.push(execution);
    const request: SlotRequest = {
      executionId: execution.id,
      cell: "cell",
      key,
      strategy,
      limit: this.#limits[key] ?? 1,
      priority: pick([0, 0, 5]),
    };
    const answer = await this.tenant.insist((exchange) => exchange.slots.acquire(request));
    // Between the answer and the cell's commit: nothing, a while, or the cell's own death.
    await this.tenant.pause(pick([0, 0, 5, 2_000, 8_000]));
    if (this.#lossy && this.#random() < 0.1) {
      execution.status = "never";
      return;
    }
    if (answer.kind === "rejected") {
      if (strategy !== "reject") this.wrong.push(`${execution.id} was rejected by ${strategy}`);
      execution.status = "rejected";
    } else if (answer.kind === "granted") this.#run(execution);
    else execution.status = "pending";
  }

  #run(execution: Execution): void {
    execution.status = "running";
    const atOnce = this.executions.filter(
      ({ key, status }) => key === execution.key && (status === "running" || status === "ending"),
    );
    if (atOnce.length > (this.#limits[execution.key] ?? 0))
      this.wrong.push(`${atOnce.map(({ id }) => id).join(", ")} run at once for ${execution.key}`);
    const ms = Math.floor(this.#random() * 60_000);
    void this.tenant.pause(ms).then(() => this.#end(execution));
  }

  async #end(execution: Execution): Promise<void> {
    if (execution.status === "ended") return;
    execution.status = "ended";
    // Its word may be lost for good.
    if (this.#lossy && this.#random() < 0.3) return;
    await this.tenant.insist((exchange) => {
      exchange.slots.release(execution.id);
      return null;
    });
  }

  /** Answers late, wrongly or never while it is rough. */
  async #weather(): Promise<void> {
    if (!this.#rough || !this.#lossy) return;
    const luck = this.#random();
    if (luck < 0.05) throw new Error("the cell cannot be reached");
    if (luck < 0.07) await new Promise(() => undefined);
    if (luck < 0.3) await this.tenant.pause(Math.floor(this.#random() * 3_000));
  }

  readonly #cell: CellLink = {
    ...NO_LEASES,
    act: async (id, command) => {
      await this.#weather();
      const execution = this.executions.find((it) => it.id === id);
      if (
        !execution ||
        execution.status === "asking" ||
        execution.status === "never" ||
        execution.status === "rejected"
      )
        return null;
      if (execution.status === "ended") return failure("CONFLICT", "It has ended.");
      if (command.type === "release") {
        if (execution.status === "pending") this.#run(execution);
      } else {
        execution.replaced = true;
        if (execution.status === "pending") await this.#end(execution);
        else if (execution.status === "running") {
          // It undoes what it did first.
          execution.status = "ending";
          void this.tenant.pause(5_000).then(() => this.#end(execution));
        }
      }
      await this.#weather();
      const status: Partial<Record<Execution["status"], RunStatus>> = { pending: "pending", ended: "canceled" };
      return success(record(id, status[execution.status] ?? "running"));
    },
    isLive: async (id) => {
      await this.#weather();
      const execution = this.executions.find((it) => it.id === id);
      return execution !== undefined && ["pending", "running", "ending"].includes(execution.status);
    },
  };
}

test(`${SCHEDULES} schedules of kills never run too many of a key, and leave nobody waiting`, {
  timeout: 120_000,
}, async () => {
  let kills = 0;
  let replaced = 0;
  let rejected = 0;
  for (let seed = 1; seed <= SCHEDULES; seed++) {
    const schedule = new Schedule(seed);
    await schedule.play();
    expect(schedule.wrong, `seed ${seed}`).toEqual([]);
    kills += schedule.tenant.kills;
    replaced += schedule.executions.filter((execution) => execution.replaced).length;
    rejected += schedule.executions.filter(({ status }) => status === "rejected").length;
  }
  expect(kills).toBeGreaterThan(SCHEDULES * 2);
  expect(replaced).toBeGreaterThan(SCHEDULES);
  expect(rejected).toBeGreaterThan(SCHEDULES / 4);
});
