import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import type { CampaignOutcome, NewCampaign } from "../../contracts/campaigns-rpc.ts";
import { CampaignBoard } from "../../durable-objects/campaigns/campaign-board.ts";
import { CampaignTable } from "../../durable-objects/campaigns/campaign-table.ts";
import { CAMPAIGNS_MIGRATIONS } from "../../durable-objects/campaigns/migrations.ts";
import { ObjectSql } from "../../durable-objects/object-sql.ts";
import { VirtualClock } from "../../engine/driver/virtual-clock.ts";
import { fractionOf } from "../../engine/run/retry.ts";

const START = Date.UTC(2026, 10, 29);

function campaignOf(count: number, id = "camp_a", atOnce = 5): NewCampaign {
  return {
    order: {
      id,
      owner: { tenantId: "ten_a", environment: "test" },
      action: "cancel",
      actor: { keyId: "key_me", roles: [], permissions: [] },
    },
    bodyHash: "same",
    filter: { status: "running" },
    atOnce,
    executionIds: Array.from({ length: count }, (_, index) => `exec_${index}`),
  };
}

function sqlOn(database: DatabaseSync): ObjectSql {
  return new ObjectSql(
    {
      sql: {
        exec: (query, ...bindings) => {
          if (bindings.length === 0 && query.includes(";")) {
            database.exec(query);
            return { toArray: () => [] };
          }
          const rows = database.prepare(query).all(...(bindings as string[]));
          return { toArray: () => rows as Record<string, string>[] };
        },
      },
      transactionSync: (closure) => {
        database.exec("SAVEPOINT s");
        const result = closure();
        database.exec("RELEASE s");
        return result;
      },
    },
    CAMPAIGNS_MIGRATIONS,
  );
}

/** A campaigns object on a database that outlives it, and the Worker that it asks. */
class World {
  readonly clock = new VirtualClock(START);
  readonly asked = new Map<string, number>();
  readonly acted = new Set<string>();
  mostAtOnce = 0;
  kills = 0;
  readonly #database = new DatabaseSync(":memory:");
  readonly #answer: (executionId: string, times: number) => CampaignOutcome;
  readonly #kill: () => boolean;
  #alarm: (() => void) | undefined;
  #board: CampaignBoard | undefined;

  constructor(answer: (executionId: string, times: number) => CampaignOutcome, kill = () => false) {
    this.#answer = answer;
    this.#kill = kill;
  }

  get board(): CampaignBoard {
    this.#board ??= this.#open();
    return this.#board;
  }

  kill(): void {
    this.kills += 1;
    this.#board = undefined;
  }

  /** Lets time pass until nothing is due any more. */
  async run(until = Number.POSITIVE_INFINITY): Promise<void> {
    for (;;) {
      for (let turn = 0; turn < 20; turn++) await Promise.resolve();
      if (this.clock.now() >= until || !this.clock.fireNext()) return;
    }
  }

  #open(): CampaignBoard {
    const board: CampaignBoard = new CampaignBoard(sqlOn(this.#database), {
      now: () => this.clock.now(),
      wait: (ms) => new Promise((resolve) => this.clock.at(this.clock.now() + ms, resolve)),
      setAlarm: (at) => {
        this.#alarm?.();
        this.#alarm = this.clock.at(at, () => this.board.onAlarm());
      },
      report: (message, error) => {
        throw new Error(`${message}: ${String(error)}`);
      },
      steps: {
        step: (_order, ids) => {
          const never = new Promise<never>(() => undefined);
          if (this.#board !== board) return never;
          this.mostAtOnce = Math.max(this.mostAtOnce, ids.length);
          if (this.#kill()) {
            this.kill();
            return never;
          }
          const outcomes = ids.map((id) => {
            const times = (this.asked.get(id) ?? 0) + 1;
            this.asked.set(id, times);
            const outcome = this.#answer(id, times);
            if (outcome.kind === "done") this.acted.add(id);
            return outcome;
          });
          // It was done, and nobody was there any more to hear it.
          if (this.#kill()) {
            this.kill();
            return never;
          }
          return Promise.resolve(outcomes);
        },
      },
    });
    return board;
  }
}

const done = (): CampaignOutcome => ({ kind: "done" });

test("every execution is asked once, a few at a time, and what its state does not allow is told", async () => {
  const world = new World((id) => (id === "exec_3" ? { kind: "refused", code: "CONFLICT", message: "over" } : done()));
  expect(world.board.create(campaignOf(23))).toMatchObject({ status: "running", total: 23 });
  await world.run();
  expect(world.board.get("camp_a")).toMatchObject({ status: "completed", done: 22, refused: 1 });
  expect(world.mostAtOnce).toBe(5);
  expect([...world.asked.values()].every((times) => times === 1)).toBe(true);
  expect(world.board.items("camp_a", { state: "refused", after: -1, limit: 10 })).toMatchObject({
    items: [{ executionId: "exec_3", code: "CONFLICT", message: "over" }],
    more: false,
  });
});

test("what finds no room is asked again later, and does not hold up the others", async () => {
  const later: CampaignOutcome = { kind: "later", code: "RATE_LIMITED", message: "full", retryAfterMs: 5_000 };
  const world = new World((id, times) => (id === "exec_0" && times < 4 ? later : done()));
  world.board.create(campaignOf(8));
  await world.run(START + 4_000);
  expect(world.board.get("camp_a")).toMatchObject({ status: "running", done: 7 });
  await world.run();
  expect(world.board.get("camp_a")).toMatchObject({ status: "completed", done: 8 });
  expect(world.asked.get("exec_0")).toBe(4);
  expect(world.clock.now() - START).toBeGreaterThanOrEqual(15_000);
});

test("a paused campaign asks nobody, a stopped one never again, and both stay so over a kill", async () => {
  const later: CampaignOutcome = { kind: "later", code: "RATE_LIMITED", message: "full" };
  const world = new World((_id, times) => (times < 2 ? later : done()));
  world.board.create(campaignOf(3));
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
  expect(world.board.steer("camp_a", "pause")).toMatchObject({ value: { status: "paused" } });
  world.kill();
  await world.run();
  expect([...world.asked.values()]).toEqual([1, 1, 1]);
  expect(world.board.steer("camp_a", "resume")).toMatchObject({ value: { status: "running" } });
  expect(world.board.steer("camp_a", "stop")).toMatchObject({ value: { status: "stopped" } });
  world.kill();
  await world.run();
  expect(world.board.items("camp_a", { state: "pending", after: -1, limit: 5 })?.items).toEqual([]);
  expect(world.board.steer("camp_a", "resume")).toMatchObject({ ok: false, code: "CONFLICT" });
  expect(world.board.steer("camp_b", "stop")).toBeNull();
});

test("a pause, a resume and a stop with a key count once, also where they changed nothing", () => {
  const world = new World(() => ({ kind: "later", code: "RATE_LIMITED", message: "full" }));
  world.board.create(campaignOf(3));
  const steer = (how: "pause" | "resume" | "stop", key?: string) => world.board.steer("camp_a", how, key);
  expect(steer("pause", "one")).toMatchObject({ value: { status: "paused" } });
  expect(steer("pause", "two")).toMatchObject({ value: { status: "paused" } });
  expect(steer("resume", "three")).toMatchObject({ value: { status: "running" } });
  world.kill();
  for (const [how, key] of [
    ["pause", "one"],
    ["pause", "two"],
    ["resume", "three"],
  ] as const)
    expect(steer(how, key)).toMatchObject({ ok: true, value: { status: "running" } });
  expect(steer("stop", "two")).toMatchObject({ ok: false, code: "CONFLICT" });
  expect(steer("stop", "four")).toMatchObject({ value: { status: "stopped" } });
  expect(steer("pause", "five")).toMatchObject({ ok: false, code: "CONFLICT" });
  // What was refused took no key; what was done is told after the end, too.
  expect(steer("stop", "five")).toMatchObject({ ok: true });
  expect(steer("pause", "one")).toMatchObject({ ok: true, value: { status: "stopped" } });
});

test("the same campaign is begun once, and another with its id is refused", async () => {
  const world = new World(done);
  const first = world.board.create(campaignOf(3));
  expect(world.board.create(campaignOf(9))).toMatchObject({ total: 3 });
  expect(world.board.create({ ...campaignOf(3), bodyHash: "other" })).toMatchObject({ code: "CONFLICT" });
  await world.run();
  expect(first).toMatchObject({ total: 3 });
  expect(world.asked.size).toBe(3);
});

test("what came of an execution is settled once, and one that nobody asks any more stays as it is", () => {
  const table = new CampaignTable(sqlOn(new DatabaseSync(":memory:")));
  const refused: CampaignOutcome = { kind: "refused", code: "CONFLICT", message: "over" };
  const later: CampaignOutcome = { kind: "later", code: "RATE_LIMITED", message: "full" };
  table.insert(campaignOf(3), START);
  const two = [
    { position: 0, outcome: done() },
    { position: 1, outcome: refused },
  ];
  table.settle("camp_a", two, START);
  table.settle("camp_a", two, START + 1);
  const turned = [
    { position: 0, outcome: refused },
    { position: 1, outcome: later },
  ];
  table.settle("camp_a", turned, START + 2);
  expect(table.get("camp_a")).toMatchObject({ status: "running", done: 1, refused: 1 });
  table.steer("camp_a", "stopped", undefined, START + 3);
  table.settle("camp_a", [{ position: 2, outcome: later }], START + 4);
  expect(table.items("camp_a", undefined, -1, 10).map(({ state, tries }) => [state, tries])).toEqual([
    ["done", 1],
    ["refused", 1],
    ["stopped", 1],
  ]);
  expect(table.due("camp_a", Number.MAX_SAFE_INTEGER, 10)).toEqual([]);
  // It was under way when the campaign was stopped, and was done.
  table.settle("camp_a", [{ position: 2, outcome: done() }], START + 5);
  expect(table.get("camp_a")).toMatchObject({ status: "stopped", done: 2, refused: 1 });
});

test("40 schedules of kills leave no execution out, and count each once", async () => {
  let kills = 0;
  for (let seed = 1; seed <= 40; seed++) {
    let drawn = 0;
    const chance = () => fractionOf(`${seed}:${++drawn}`);
    const world = new World(
      () => (chance() < 0.2 ? { kind: "later", code: "UNAVAILABLE", message: "no" } : done()),
      () => world.kills < 20 && chance() < 0.15,
    );
    world.board.create(campaignOf(60));
    world.board.create(campaignOf(40, "camp_b"));
    await world.run();
    for (const [id, total] of [
      ["camp_a", 60],
      ["camp_b", 40],
    ] as const)
      expect(world.board.get(id), `seed ${seed}`).toMatchObject({ status: "completed", done: total, refused: 0 });
    expect(world.acted.size, `seed ${seed}`).toBe(60);
    kills += world.kills;
  }
  expect(kills).toBeGreaterThan(80);
});
