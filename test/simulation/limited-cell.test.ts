import { expect, test } from "vitest";
import type { BudgetList } from "../../contracts/lease.ts";
import type { SharedBudget } from "../../contracts/shared-budget.ts";
import { digestOf } from "../../contracts/canonical-json.ts";
import type { JsonObject } from "../../engine/json.ts";
import type { RunCommand } from "../../engine/run/types.ts";
import { chance, SimulatedTenant } from "../tenant/simulated-tenant.ts";
import { SimulatedObject, START } from "./simulated-object.ts";
import { SIMULATED } from "./simulated-workflows.ts";

const SCHEDULES = Number(process.env.SCHEDULES ?? 60);
const CELL = "t/s0";
const STARTS = 12;
const MINUTE = 60_000;
const ROUGH_MS = 2 * MINUTE;

/** One cell and its tenant object, both of which die now and then, under a limit of running executions and a budget of steps. */
class LimitedSchedule {
  readonly wrong: string[] = [];
  readonly object: SimulatedObject;
  readonly tenant: SimulatedTenant;
  readonly running: number;
  readonly ids: string[] = [];
  readonly #random: () => number;
  readonly #seed: number;

  constructor(seed: number) {
    this.#seed = seed;
    this.#random = chance(seed);
    const random = this.#random;
    const often = random() * 0.03;
    const lossy = random() * 0.1;
    this.running = 1 + Math.floor(random() * 3);
    this.object = new SimulatedObject({
      kill: () => this.#rough && this.object.kills < 20 && random() < often,
      plugin: () => {
        this.#check();
        return { result: { ok: true, output: { n: 1 } }, afterMs: Math.floor(random() * 300) };
      },
      hint: () => undefined,
      report: () => undefined,
      tenant: {
        acquireSlot: async () => ({ kind: "granted" }),
        releaseSlot: async () => undefined,
        slotPosition: async () => null,
        awaitEvent: async () => null,
        forgetWait: async () => undefined,
        askLeases: async (question) => {
          if (this.#rough && random() < lossy) throw new Error("the tenant object cannot be reached");
          const answer = await this.tenant.ask(({ leases }) => leases.ask({ ...question, holder: CELL }));
          if (answer === undefined) throw new Error("the tenant object was killed");
          return answer;
        },
      },
    });
    const answered = <T>(answer: T | undefined): T => {
      if (answer === undefined) throw new Error("the cell was killed");
      return answer;
    };
    const link = {
      act: async (id: string, command: RunCommand) => answered(await this.object.ask((cell) => cell.act(id, command))),
      isLive: async (id: string) => answered(await this.object.ask(async (cell) => cell.isLive(id))),
      reportLease: async (account: string, mark?: number) =>
        answered(await this.object.ask(async (cell) => cell.reportLease(account, mark))),
      leasesChanged: async (budgets: BudgetList) => {
        const told = await this.object.ask(async (cell) => {
          cell.leasesChanged(budgets);
          return true;
        });
        answered(told);
      },
    };
    this.tenant = new SimulatedTenant(
      { kill: () => this.#rough && this.tenant.kills < 20 && random() < often, cell: () => link },
      this.object.clock,
    );
  }

  get #now(): number {
    return this.object.clock.now();
  }

  get #rough(): boolean {
    return this.#now > START + 1 && this.#now < START + ROUGH_MS;
  }

  async #pause(ms: number): Promise<void> {
    await new Promise<void>((resolve) => void this.object.clock.at(this.#now + ms, resolve));
  }

  /** Steps that are on the disk as opened, of all executions. */
  get opened(): number {
    const rows = this.object.database.prepare("SELECT events FROM log").all();
    const events = rows.flatMap(({ events: text }) => JSON.parse(String(text)) as { type: string; attempt?: number }[]);
    return events.filter(({ type, attempt }) => type === "step.started" && attempt === 1).length;
  }

  statuses(): string[] {
    return this.object.database
      .prepare("SELECT status FROM executions WHERE parent IS NULL")
      .all()
      .map(({ status }) => String(status));
  }

  #check(): void {
    const begun = this.statuses().filter((status) => ["running", "waiting", "paused"].includes(status)).length;
    if (begun > this.running) this.wrong.push(`${begun} run of ${this.running}`);
  }

  budget(amount: number): Promise<null> {
    const budget: SharedBudget = { scope: "tenant", period: "total", amounts: { max_steps: amount } };
    return this.tenant.insist(({ settings, leases }) => {
      settings.putBudgets([budget]);
      leases.ceilingsChanged();
      return null;
    });
  }

  async begin(): Promise<void> {
    this.tenant.ask(({ settings }) => settings.putLimits({ concurrent_executions: this.running }));
  }

  async start(index: number): Promise<void> {
    const workflow = SIMULATED.find(({ name }) => name === "chain");
    if (!workflow) throw new Error("there is no workflow");
    await this.#pause(2 + Math.floor(this.#random() * 20_000));
    const { definition, pins } = workflow.plan;
    const slug = `w${index % 3}`;
    const source = { definition: { ...definition, slug }, pins };
    for (let tried = 0; tried < 200; tried += 1) {
      const answer = await this.object
        .ask((cell) =>
          cell.start({
            executionId: `exec_${index}_${tried}`,
            tenantId: "ten_a",
            environment: "test",
            planDigest: digestOf(source as unknown as JsonObject),
            plan: source,
            inputs: { n: 3 },
            mode: "async",
            actor: "key_a",
            idempotency: { key: `key ${index}`, bodyHash: "same" },
          }),
        )
        .catch(() => undefined);
      if (answer?.kind === "accepted") {
        this.ids.push(answer.executionId);
        return;
      }
      await this.#pause(200);
    }
    this.wrong.push(`start ${index} was never accepted`);
  }

  async pass(until: number): Promise<void> {
    let passed = false;
    this.object.clock.at(until, () => {
      passed = true;
    });
    while (!passed) await this.object.step();
  }

  async play(): Promise<void> {
    await this.begin();
    const limit = 8 + (this.#seed % 7);
    void this.budget(limit);
    await this.pass(START + 1);
    const starts = Promise.all(Array.from({ length: STARTS }, (_, index) => this.start(index)));
    await this.pass(START + 2 * ROUGH_MS);
    if (this.opened > limit) this.wrong.push(`${this.opened} steps of a budget of ${limit}`);
    if (this.opened < limit) this.wrong.push(`only ${this.opened} steps of a budget of ${limit} could be used`);
    const before = this.statuses();
    if (!before.includes("paused")) this.wrong.push(`nothing is paused: ${before.join(" ")}`);
    void this.budget(10_000);
    await this.pass(START + 2 * ROUGH_MS + 10 * MINUTE);
    await Promise.race([starts, Promise.resolve()]);
    if (new Set(this.ids).size !== STARTS) this.wrong.push(`${this.ids.length} of ${STARTS} were accepted`);
    const after = this.statuses();
    if (after.some((status) => status !== "completed")) this.wrong.push(`some are left: ${after.join(" ")}`);
    const left = this.object.database.prepare(
      "SELECT * FROM start_queue UNION ALL SELECT 0, execution, '', 0 FROM held_by_budget",
    );
    if (left.all().length > 0) this.wrong.push("a row is left in a queue");
    const used = this.tenant.insist(({ leases }) => leases.used("concurrent_executions"));
    await this.pass(this.#now + MINUTE);
    if ((await Promise.race([used, Promise.resolve(-1)])) !== 0) this.wrong.push("somebody is counted as running");
  }
}

test(`${SCHEDULES} schedules of kills: no limit of running executions and no shared budget is passed, and nobody is forgotten`, async () => {
  for (let seed = 1; seed <= SCHEDULES; seed += 1) {
    const schedule = new LimitedSchedule(seed);
    await schedule.play();
    expect(schedule.wrong, `seed ${seed}`).toEqual([]);
  }
}, 60_000);
