import { expect, test } from "vitest";
import { Allowances } from "../../durable-objects/coordinator/allowances.ts";
import { chance, SimulatedTenant, START } from "../tenant/simulated-tenant.ts";

const SCHEDULES = 100;
const CELLS = 3;
const MONTH = "executions_per_month@2026-11";
const RUNNING = "concurrent_executions";
const MINUTE = 60_000;

/** A cell's counts: what it wrote survives it. */
class CountingCell {
  readonly name: string;
  readonly facts = new Map<string, string>();
  /** What it really did, as its disk says. */
  started = 0;
  running = 0;
  allowances: Allowances;
  readonly #make: () => Allowances;

  constructor(name: string, tenant: SimulatedTenant, unreachable: () => boolean, late: () => Promise<void>) {
    this.name = name;
    const { facts } = this;
    const storage = {
      fact: (key: string) => facts.get(key),
      putFact: (key: string, value: string) => void facts.set(key, value),
      prepare: () => undefined,
    };
    this.#make = () =>
      new Allowances({
        storage,
        now: () => tenant.clock.now(),
        single: false,
        closed: () => false,
        ask: async (question) => {
          if (unreachable()) throw new Error("the tenant object cannot be reached");
          // It may be late, and come after another of a later life of the cell.
          await late();
          const answer = await tenant.ask(({ leases }) => leases.ask({ ...question, holder: name }));
          if (answer === undefined || unreachable()) throw new Error("the answer was lost");
          await late();
          return answer;
        },
      });
    this.allowances = this.#make();
  }

  kill(): void {
    this.allowances = this.#make();
  }

  /** An execution begins, if there is room: promised first, counted with the commit, unless the cell dies before it. */
  async begin(random: () => number): Promise<void> {
    const { allowances } = this;
    if (allowances.room(MONTH) < 1 || allowances.room(RUNNING) < 1) {
      await allowances.ask([MONTH, RUNNING]).catch(() => undefined);
    }
    if (allowances !== this.allowances || !allowances.reserve(MONTH)) return;
    if (!allowances.reserve(RUNNING)) return allowances.release(MONTH);
    if (random() < 0.05) return this.kill();
    if (random() < 0.05) {
      allowances.release(MONTH);
      allowances.release(RUNNING);
      return;
    }
    allowances.release(MONTH);
    allowances.release(RUNNING);
    this.#commit({ [MONTH]: 1, [RUNNING]: 1 });
    this.started += 1;
    this.running += 1;
  }

  end(): void {
    if (this.running === 0) return;
    this.#commit({ [RUNNING]: -1 });
    this.running -= 1;
  }

  #commit(deltas: Record<string, number>): void {
    for (const [account, delta] of Object.entries(deltas)) this.allowances.stage(account, delta);
    this.allowances.storeStaged();
    this.allowances.settleStaged(true);
  }
}

async function play(seed: number): Promise<string[]> {
  const random = chance(seed);
  const wrong: string[] = [];
  const monthly = 20 + Math.floor(random() * 200);
  const concurrent = 1 + Math.floor(random() * 12);
  const often = random() * 0.04;
  const lossy = random() * 0.15;
  let rough = false;
  const unreachable = (): boolean => rough && random() < lossy;
  const late = async (): Promise<void> => {
    if (rough && random() < 0.3) await tenant.pause(Math.floor(random() * 4_000));
  };
  const cells: CountingCell[] = [];
  const tenant = new SimulatedTenant({
    kill: () => rough && random() < often,
    cell: (name) => ({
      act: async () => null,
      isLive: async () => true,
      reportLease: async (account, mark) => {
        if (unreachable()) throw new Error("the cell cannot be reached");
        if (rough && random() < 0.3) await tenant.pause(Math.floor(random() * 2_000));
        const report = cells.find((cell) => cell.name === name)?.allowances.report(account, mark) ?? null;
        if (unreachable()) throw new Error("the answer was lost");
        return report;
      },
      leasesChanged: async (list) => {
        cells.find((cell) => cell.name === name)?.allowances.putBudgets(list);
      },
    }),
  });
  await tenant.insist(({ settings }) => {
    settings.putLimits({ executions_per_month: monthly, concurrent_executions: concurrent });
    return null;
  });
  rough = true;
  for (let n = 0; n < CELLS; n += 1) cells.push(new CountingCell(`t/s${n}`, tenant, unreachable, late));
  const check = (): void => {
    const started = cells.reduce((sum, cell) => sum + cell.started, 0);
    const running = cells.reduce((sum, cell) => sum + cell.running, 0);
    if (started > monthly) wrong.push(`${started} started of ${monthly}`);
    if (running > concurrent) wrong.push(`${running} run of ${concurrent}`);
  };
  const live = async (cell: CountingCell): Promise<void> => {
    for (let n = 0; n < 150; n += 1) {
      await tenant.pause(Math.floor(random() * 1_500));
      const luck = random();
      if (luck < 0.02) cell.kill();
      else if (luck < 0.55) await cell.begin(random);
      else cell.end();
      check();
    }
  };
  // Also while it asks: the question then comes after those of its next life.
  const kills = async (): Promise<void> => {
    for (let n = 0; n < 40; n += 1) {
      await tenant.pause(Math.floor(random() * 6_000));
      if (rough) cells[Math.floor(random() * CELLS)]?.kill();
    }
  };
  const lives = Promise.all([...cells.map(live), kills()]);
  await tenant.runUntil(START + 20 * MINUTE);
  rough = false;
  const [first] = cells;
  if (!first) throw new Error("there are no cells");
  for (const cell of cells) while (cell.running > 0) cell.end();
  // What others hold and do not use comes back, and one cell can use all of it.
  const rest = (async () => {
    await lives;
    for (const cell of cells) while (cell.running > 0) cell.end();
    const all = (): number => cells.reduce((sum, cell) => sum + cell.started, 0);
    for (let n = 0; n < 2_000 && all() < monthly; n += 1) {
      await first.begin(() => 1);
      if (first.running === concurrent) first.end();
      await tenant.pause(500);
    }
    return true;
  })();
  await tenant.runUntil(START + 60 * MINUTE);
  if ((await Promise.race([rest, new Promise((resolve) => setImmediate(() => resolve(false)))])) !== true)
    wrong.push("something waits for ever");
  check();
  const started = cells.reduce((sum, cell) => sum + cell.started, 0);
  if (started !== monthly) wrong.push(`only ${started} of ${monthly} could be used`);
  const used = tenant.insist(({ leases }) => leases.used(MONTH));
  await tenant.runUntil(START + 61 * MINUTE);
  const counted = await Promise.race([used, Promise.resolve(null)]);
  if (counted !== started) wrong.push(`${String(counted)} are counted of ${started}`);
  return wrong;
}

test(`${SCHEDULES} schedules of cells that start, end and die: no ceiling is passed, and all of it can be used`, async () => {
  for (let seed = 1; seed <= SCHEDULES; seed += 1) expect(await play(seed), `seed ${seed}`).toEqual([]);
}, 60_000);
