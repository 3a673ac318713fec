import { expect } from "vitest";
import type { ExecutionRecord } from "../../contracts/execution.ts";
import type { BudgetList } from "../../contracts/lease.ts";
import type { StartAnswer } from "../../contracts/rpc.ts";
import type { StoredHead } from "../../durable-objects/coordinator/execution-head.ts";
import { compilePlan } from "../../engine/plan/compile-plan.ts";
import type { Plan } from "../../engine/plan/types.ts";
import { fold } from "../../engine/run/apply.ts";
import type { RunState } from "../../engine/run/state.ts";
import { isTerminal } from "../../engine/run/transition.ts";
import type { ActionCall, RunCommand } from "../../engine/run/types.ts";
import { chance, SimulatedTenant } from "../tenant/simulated-tenant.ts";
import { SimulatedObject, START } from "./simulated-object.ts";
import { outcomeOf, undisturbed } from "./undisturbed.ts";
import { DAY_MS, startOf, type Waiting, WAITING, waitingAnswer } from "./waiting-workflows.ts";

const CELL = "global/ten_simulated/test/s0";
/** Up to then there are kills, lost calls and late alarms; what is unfinished a week later is stuck. */
const ROUGH_MS = 3 * DAY_MS;
const STUCK_MS = 10 * DAY_MS;
const MOST_KILLS = 40;
/** An alarm that is set for a moment in the past again and again moves no time. */
const MOST_STEPS = 200_000;
/** A child is told of its parent's end within one alarm of a cell that was killed in between, and what it still does. */
const CHILD_MAY_LAG_MS = 5 * 60_000;

interface Stored {
  id: string;
  head: StoredHead;
  state: RunState;
}

/** Executions that sleep, call each other, queue and wait for events, on a cell and a tenant object that both die. */
export class WaitingSchedule {
  readonly object: SimulatedObject;
  readonly tenant: SimulatedTenant;
  readonly reports: unknown[] = [];
  readonly wrong: string[] = [];
  readonly #started = new Map<string, Waiting>();
  readonly #canceled = new Set<string>();
  readonly #maybeCanceled = new Set<string>();
  readonly #ended = new Map<string, string>();
  readonly #plans = new Map<string, Plan>();
  readonly #sent = new Map<string, number>();
  readonly #random: () => number;
  readonly #seed: number;
  readonly #lateAlarms: boolean;
  readonly #skewed: boolean;

  constructor(seed: number) {
    this.#seed = seed;
    this.#random = chance(seed * 7_919);
    const often = 0.002 + this.#random() * 0.03;
    const unreachable = this.#random() * 0.3;
    this.#lateAlarms = seed % 3 === 0;
    this.#skewed = seed % 5 === 0;
    this.object = new SimulatedObject({
      kill: () => this.#rough && this.object.kills < MOST_KILLS && this.#random() < often,
      plugin: (call, { executionId }) => {
        this.#checkSent(call, executionId);
        return waitingAnswer(call, this.#seed);
      },
      hint: () => void this.#drain(),
      report: (message, error) => this.reports.push(`${message} ${String(error)}`),
      alarmLateMs: () => (this.#lateAlarms && this.#rough ? Math.floor(this.#random() * 1_200_000) : 0),
      tenant: {
        acquireSlot: async (executionId, rule, priority) => {
          await this.#onTheWay(unreachable);
          return this.#answered(
            await this.tenant.ask(({ slots }) => slots.acquire({ ...rule, executionId, priority, cell: CELL })),
          );
        },
        releaseSlot: async (executionId) => {
          await this.#onTheWay(unreachable);
          await this.tenant.ask(({ slots }) => slots.release(executionId));
        },
        slotPosition: async () => null,
        awaitEvent: async (executionId, path, { event: name, key = "" }) => {
          await this.#onTheWay(unreachable);
          return this.#answered(
            await this.tenant.ask(({ events }) => events.await({ executionId, cell: CELL, path, name, key })),
          );
        },
        askLeases: async (question) => {
          await this.#onTheWay(unreachable);
          return this.#answered(await this.tenant.ask(({ leases }) => leases.ask({ ...question, holder: CELL })));
        },
        forgetWait: async (executionId, path) => {
          await this.#onTheWay(unreachable);
          await this.tenant.ask(({ events }) => events.forget(executionId, path));
        },
      },
    });
    const cell = {
      act: async (id: string, command: RunCommand) =>
        this.#answered(await this.object.ask((asked) => asked.act(id, command))),
      reportLease: async (account: string, mark?: number) =>
        this.#answered(await this.object.ask(async (asked) => asked.reportLease(account, mark))),
      leasesChanged: async (budgets: BudgetList) =>
        this.#answered(await this.object.ask(async (asked) => asked.leasesChanged(budgets))),
      isLive: async (id: string) => this.#answered(await this.object.ask(async (asked) => asked.isLive(id))),
    };
    const kill = (): boolean => this.#rough && this.tenant.kills < MOST_KILLS && this.#random() < often;
    this.tenant = new SimulatedTenant({ kill, cell: () => cell }, this.object.clock);
  }

  get #now(): number {
    return this.object.clock.now();
  }

  get #rough(): boolean {
    return this.#now < START + ROUGH_MS;
  }

  /** A message between objects: takes its time, and does not always arrive. */
  async #onTheWay(unreachable: number): Promise<void> {
    if (this.#random() < 0.5) await this.#pause(20);
    if (this.#rough && this.#random() < unreachable) throw new Error("the object cannot be reached");
  }

  #answered<T>(answer: T | undefined): T {
    if (answer === undefined) throw new Error("the object was killed before it answered");
    return answer;
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => void this.object.clock.at(this.#now + Math.floor(this.#random() * ms), resolve));
  }

  /** Repeats a request to the cell until it is answered. */
  async #insist<T>(request: Parameters<typeof this.object.ask<T>>[0]): Promise<T> {
    for (;;) {
      const answer = await this.object.ask(request).catch(() => undefined);
      if (answer !== undefined) return answer;
      await this.#pause(50);
    }
  }

  async #start(workflow: Waiting): Promise<void> {
    const { name } = workflow;
    await this.#pause(3_600_000);
    const at = this.#now;
    for (let attempt = 0; ; attempt++) {
      // Now and then two requests with one key at once.
      const twins = this.#random() < 0.3 ? ["", "b"] : [""];
      const answers = await Promise.all(
        twins.map((twin) =>
          this.object
            .ask((cell) => cell.start(startOf(workflow, `exec_${name}_${attempt}${twin}`, name, at)))
            .catch(() => undefined),
        ),
      );
      const ids = new Set(answers.flatMap((answer) => (answer?.kind === "accepted" ? [answer.executionId] : [])));
      if (ids.size > 1) this.wrong.push(`${name}: one key, and executions ${[...ids].join(" ")}`);
      const [id] = ids;
      if (id !== undefined) {
        this.#started.set(id, workflow);
        await Promise.all([this.#supply(id, workflow), this.#seed % 4 === 1 && this.#cancel(id)]);
        return;
      }
      const unsure = (answer: StartAnswer) => answer.kind === "refused" && answer.failure.code === "UNAVAILABLE";
      if (answers.some((answer) => answer && answer.kind !== "accepted" && !unsure(answer)))
        this.wrong.push(`${name}: not accepted`);
      await this.#pause(100);
    }
  }

  async #supply(id: string, { supplies }: Waiting): Promise<void> {
    for (const [index, supply] of supplies.entries()) {
      await this.#pause(DAY_MS);
      if ("event" in supply) {
        const { name, key, payload } = supply.event;
        const event = { id: `evt_${id}_${index}`, name, key, payload, expiresAt: this.#now + STUCK_MS };
        await this.tenant.insist((exchange) => exchange.events.publish(event));
        continue;
      }
      for (;;) {
        const answer = await this.#insist((cell) => cell.act(id, supply.command));
        const ended = await this.#insist((cell) => cell.get(id));
        if (answer?.ok || ended?.finished_at) break;
        await this.#pause(1_200_000);
      }
    }
  }

  async #cancel(id: string): Promise<void> {
    if (this.#random() < 0.5) return;
    await this.#pause(DAY_MS / 8);
    const answer = await this.object.ask((cell) => cell.act(id, { type: "cancel", actor: "key", reason: "why" }));
    if (answer?.ok) this.#canceled.add(id);
    else if (answer === undefined) this.#maybeCanceled.add(id);
  }

  /** Reads and long-polls at odd moments: what was once over stays so. */
  async #read(): Promise<void> {
    while (this.#rough) {
      await this.#pause(1_200_000);
      const ids = [...this.#started.keys()];
      const id = ids[Math.floor(this.#random() * ids.length)];
      if (id === undefined) continue;
      const waitMs = this.#random() < 0.3 ? 2_000 : 0;
      const record = await this.object.ask((cell) => cell.get(id, waitMs));
      if (record === null) this.wrong.push(`${id} was accepted and is gone`);
      if (record) this.#see(id, record);
      if (this.#skewed) this.object.skewMs = Math.floor((this.#random() - 0.5) * 600_000);
    }
    this.object.skewMs = 0;
  }

  #see(id: string, { status, finished_at: finishedAt }: ExecutionRecord): void {
    const before = this.#ended.get(id);
    if (before !== undefined && before !== status) this.wrong.push(`${id} was ${before} and is ${status}`);
    if (finishedAt !== null) this.#ended.set(id, status);
  }

  async #drain(): Promise<void> {
    if (this.#random() < 0.2) return;
    const page = await this.object.ask(async (cell) => cell.readOutbox(0, 100));
    if (page) await this.object.ask(async (cell) => cell.ackOutbox(page.last));
  }

  #stored(id: string): Stored | undefined {
    const { storage } = this.object;
    const row = storage.execution(id);
    if (!row) return undefined;
    const source = this.#plans.has(row.plan) ? undefined : storage.plan(row.plan);
    if (source) this.#plans.set(row.plan, compilePlan(source));
    const plan = this.#plans.get(row.plan);
    const head: StoredHead = JSON.parse(row.head);
    return plan && { id, head, state: fold(plan, { executionId: id, runAttempt: 1 }, storage.log(id)) };
  }

  /** An attempt goes out only when it is on disk, and no oftener than there were kills. */
  #checkSent(call: ActionCall, id: string): void {
    const instance = this.#stored(id)?.state.open.get(call.path);
    if (instance?.status !== "running" || instance.attempt !== call.attempt)
      this.wrong.push(`${id} ${call.path} was sent, and on disk it is ${instance?.status}`);
    const key = `${id} ${call.path}#${call.attempt}`;
    this.#sent.set(key, (this.#sent.get(key) ?? 0) + 1);
  }

  #rows(query: string): Record<string, unknown>[] {
    return this.object.database.prepare(query).all();
  }

  async play(): Promise<void> {
    let served = false;
    void Promise.all([...WAITING.map((workflow) => this.#start(workflow)), this.#read()]).then(() => {
      served = true;
    });
    for (let steps = 0; ; steps++) {
      const more = await this.object.step();
      if (this.wrong.length > 0) return;
      const over = served && !this.object.hasAlarm && this.object.timers === 0;
      if (over && this.#rows("SELECT id FROM executions WHERE finished_at IS NULL").length === 0) return;
      if (!more || steps > MOST_STEPS || this.#now > START + STUCK_MS) return this.#stuck();
    }
  }

  #stuck(): void {
    for (const { id, status, asleep, due } of this.#rows("SELECT * FROM executions WHERE finished_at IS NULL"))
      this.wrong.push(`${id} is ${status} for ever: asleep ${asleep}, due ${due}`);
    this.wrong.push(`at the end: alarm ${this.object.hasAlarm}, timers ${this.object.timers}`);
  }

  async check(): Promise<void> {
    const seed = `seed ${this.#seed}`;
    expect(this.wrong, seed).toEqual([]);
    expect(this.reports, seed).toEqual([]);
    expect(
      this.tenant.reports.filter((report) => !/killed|reached|dead/.test(report)),
      seed,
    ).toEqual([]);
    for (const [id, workflow] of this.#started) await this.#checkRoot(id, workflow);
    const all = this.#rows("SELECT id FROM executions").map(({ id }) => String(id));
    const roots = all.filter((id) => !id.includes("/"));
    expect(roots.toSorted(), `${seed}: one execution for each key`).toEqual([...this.#started.keys()].toSorted());
    for (const id of all) this.#checkLog(id);
    for (const id of all.filter((each) => each.includes("/"))) this.#checkChild(id);
    if (!this.#skewed) this.#checkTurns();
    for (const [key, times] of this.#sent) expect(times, `${seed}: ${key}`).toBeLessThanOrEqual(1 + this.object.kills);
  }

  async #checkRoot(id: string, workflow: Waiting): Promise<void> {
    const state = this.#stored(id)?.state;
    const what = `${id} seed ${this.#seed}`;
    if (this.#canceled.has(id)) return expect(state?.status, what).toBe("canceled");
    if (this.#maybeCanceled.has(id) && state?.status === "canceled") return;
    expect(state && outcomeOf(state), what).toEqual(await undisturbed(workflow, this.#seed));
    if (this.#ended.has(id)) expect(this.#ended.get(id), what).toBe(state?.status);
  }

  #checkLog(id: string): void {
    const events = [...this.object.storage.log(id)];
    const what = `${id} seed ${this.#seed}`;
    expect(
      events.map(({ seq }) => seq),
      what,
    ).toEqual(events.map((_, index) => index + 1));
    const once = new Set<string>();
    for (const event of events) {
      if (event.type === "step.started" && event.attempt === 0) continue;
      const attempt = "attempt" in event ? event.attempt : "execution_id" in event ? event.execution_id : "";
      const kind = /^step\.(completed|failed|skipped|canceled)$/.test(event.type) ? "settled" : event.type;
      const fact = `${kind} ${"path" in event ? event.path : ""} ${attempt}`;
      const mayRepeat = /^workflow\.(waiting|resumed|queued)$/.test(event.type);
      if (once.has(fact) && !mayRepeat) throw new Error(`${what}: ${fact} twice`);
      once.add(fact);
    }
  }

  /** The parent's log knows the attempt, what it took of it is what the child gave, and it does not outlive its parent. */
  #checkChild(id: string): void {
    const child = this.#stored(id);
    const link = child?.head.parent;
    const parent = link && this.#stored(link.executionId);
    const what = `${id} seed ${this.#seed}`;
    if (!child || !parent) throw new Error(`${what} has no parent`);
    const { parentAttempt } = child.head;
    const events = [...this.object.storage.log(parent.id)].filter(
      (event) => "path" in event && event.path === link.path,
    );
    const begun = events.filter((event) => event.type === "step.started" && event.attempt === parentAttempt);
    expect(begun, what).toHaveLength(1);
    const taken = events.find((event) => event.type === "step.completed");
    if (taken?.type === "step.completed") {
      const output = { outputs: child.state.outputs, execution_id: id };
      const last = this.#stored(`${parent.id}/1:${link.path}#${(parentAttempt ?? 0) + 1}`) === undefined;
      if (last) expect(taken.output, what).toEqual(output);
      if (last) expect(child.state.status, what).toBe("completed");
    }
    expect(isTerminal(child.state.status), what).toBe(true);
    const lag = (child.state.finishedAt ?? 0) - (parent.state.finishedAt ?? 0);
    if (!this.#skewed && !this.#lateAlarms) expect(lag, what).toBeLessThanOrEqual(CHILD_MAY_LAG_MS);
  }

  /** Of the executions with one key and one slot, never two at once. */
  #checkTurns(): void {
    const turns = [...this.#started]
      .filter(([, { concurrency }]) => concurrency !== undefined)
      .flatMap(([id]) => this.#stored(id) ?? [])
      .filter(({ state }) => state.startedAt !== null)
      .sort((a, b) => (a.state.startedAt ?? 0) - (b.state.startedAt ?? 0));
    for (const [index, { id, state }] of turns.entries()) {
      const next = turns[index + 1];
      const gap = next ? (next.state.startedAt ?? 0) - (state.finishedAt ?? 0) : 0;
      expect(gap, `${id} and ${next?.id} at once, seed ${this.#seed}`).toBeGreaterThanOrEqual(0);
    }
  }
}
