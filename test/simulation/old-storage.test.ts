import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import type { StartCommand } from "../../contracts/rpc.ts";
import { CAMPAIGNS_MIGRATIONS } from "../../durable-objects/campaigns/migrations.ts";
import { CONNECTION_MIGRATIONS } from "../../durable-objects/connection/migrations.ts";
import { CellStorage } from "../../durable-objects/coordinator/cell-storage.ts";
import { CELL_MIGRATIONS } from "../../durable-objects/coordinator/migrations.ts";
import { FEED_MIGRATIONS } from "../../durable-objects/feed/migrations.ts";
import { SERVICES_MIGRATIONS } from "../../durable-objects/services/migrations.ts";
import { migrate, type SqliteMigration, type SqlStorage } from "../../durable-objects/sqlite-migrations.ts";
import { TASK_TOKEN_MIGRATIONS } from "../../durable-objects/task-tokens/token-table.ts";
import { TENANT_MIGRATIONS } from "../../durable-objects/tenant/migrations.ts";
import { TRIGGERS_MIGRATIONS } from "../../durable-objects/triggers/migrations.ts";
import type { StepDefinition } from "../../engine/definition/types.ts";
import type { PlanSource } from "../../engine/plan/types.ts";
import type { ActionCall } from "../../engine/run/types.ts";
import { actionStep, ok, planOf } from "../../engine/testing.ts";
import { SimulatedObject } from "./simulated-object.ts";

/* New code on what every earlier version stored (F34), and old code on what a newer one did (F35, F36). */

const OBJECTS: [string, readonly SqliteMigration[]][] = [
  ["campaigns", CAMPAIGNS_MIGRATIONS],
  ["connection", CONNECTION_MIGRATIONS],
  ["cell", CELL_MIGRATIONS],
  ["feed", FEED_MIGRATIONS],
  ["services", SERVICES_MIGRATIONS],
  ["task tokens", TASK_TOKEN_MIGRATIONS],
  ["tenant", TENANT_MIGRATIONS],
  ["triggers", TRIGGERS_MIGRATIONS],
];

function sqlOf(database: DatabaseSync): SqlStorage {
  return {
    exec(query, ...bindings) {
      if (bindings.length === 0 && query.includes(";")) {
        database.exec(query);
        return { toArray: () => [] };
      }
      const texts = bindings.map((value) => (value instanceof ArrayBuffer ? new Uint8Array(value) : value));
      const rows = database.prepare(query).all(...texts);
      return {
        toArray: () => rows.map((row) => ({ id: null, ...row, ...("id" in row ? { id: Number(row.id) } : {}) })),
      };
    },
  };
}

/** Tables with their columns, and indexes, as they are after all that was changed on the way. */
function shapeOf(database: DatabaseSync): Record<string, unknown> {
  const tables = database.prepare("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").all();
  const indexes = database.prepare("SELECT name, sql FROM sqlite_master WHERE type = 'index' ORDER BY name").all();
  const columns = (table: unknown) =>
    database.prepare(`SELECT name, type, "notnull", dflt_value, pk FROM pragma_table_info('${String(table)}')`).all();
  return { tables: Object.fromEntries(tables.map(({ name }) => [name, columns(name)])), indexes };
}

const EVERY_VERSION = OBJECTS.flatMap(([object, migrations]) =>
  migrations.map((_, version) => ({ object, migrations, version })),
);

test.each(EVERY_VERSION)(
  "storage of $object at version $version comes to the newest shape",
  ({ migrations, version }) => {
    const [old, fresh] = [new DatabaseSync(":memory:"), new DatabaseSync(":memory:")];
    migrate(sqlOf(old), migrations.slice(0, version));
    migrate(sqlOf(old), migrations);
    migrate(sqlOf(fresh), migrations);
    expect(shapeOf(old)).toEqual(shapeOf(fresh));
  },
);

test.each(OBJECTS)(
  "code of %s that is older than what is stored refuses it, says why, and changes nothing",
  (_, migrations) => {
    const database = new DatabaseSync(":memory:");
    migrate(sqlOf(database), migrations);
    const newest = migrations.at(-1)?.id;
    const before = shapeOf(database);
    expect(() => migrate(sqlOf(database), migrations.slice(0, -1))).toThrow(
      `storage has migrations this version does not know: ${newest}`,
    );
    expect(shapeOf(database)).toEqual(before);
  },
);

const MINUTE = 60_000;
const calls: string[] = [];
const sub: StepDefinition = { kind: "subworkflow", id: "child", workflow: "child" };
const sleep: StepDefinition = { kind: "wait", id: "nap", duration: 600 };

function source(steps: StepDefinition[], called: Record<string, StepDefinition[]> = {}): PlanSource {
  const { definition, pins } = planOf(steps);
  const workflows = Object.entries(called).map(([name, own]) => [`${name}@`, source(own)]);
  return { definition, pins, workflows: Object.fromEntries(workflows) };
}

function command(executionId: string, plan: PlanSource, more: Partial<StartCommand> = {}): StartCommand {
  const start = {
    executionId,
    tenantId: "ten_test",
    environment: "test" as const,
    plan,
    planDigest: JSON.stringify(plan),
  };
  return { ...start, inputs: {}, mode: "async", actor: "key_test", ...more };
}

function newObject(answers: (call: ActionCall) => boolean): SimulatedObject {
  return new SimulatedObject({
    kill: () => false,
    plugin: (call, { executionId }) => {
      calls.push(`${executionId} ${call.path}`);
      return answers(call) ? { result: ok({ path: call.path }), afterMs: 5 } : null;
    },
    hint: () => undefined,
    report: (message, error) => {
      throw new Error(`${message}: ${String(error)}`);
    },
  });
}

async function pass(object: SimulatedObject, ms: number): Promise<void> {
  const until = object.clock.now() + ms;
  while (object.clock.now() < until && (await object.step()));
}

/** Copies what is stored into the shape that storage had after `version` migrations: what it did not know then is lost. */
function asStoredBy(version: number, from: DatabaseSync, to: DatabaseSync): void {
  migrate(sqlOf(to), CELL_MIGRATIONS.slice(0, version));
  const tables = to.prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name <> 'migrations'").all();
  for (const { name } of tables) {
    const known = to
      .prepare(`SELECT name FROM pragma_table_info('${String(name)}')`)
      .all()
      .map((row) => String(row.name));
    for (const row of from.prepare(`SELECT ${known.join(", ")} FROM ${String(name)}`).all())
      to.prepare(`INSERT INTO ${String(name)} (${known.join(", ")}) VALUES (${known.map(() => "?")})`).run(
        ...known.map((column) => row[column] ?? null),
      );
  }
}

test.each(CELL_MIGRATIONS.map(({ id }, index) => [id, index + 1]))(
  "executions that were under way in storage of version %i end in the newest, and nothing that was done is done again",
  async (_, version) => {
    const old = newObject(({ stepId }) => stepId !== "hang");
    const plans: [string, PlanSource][] = [
      ["exec_done", source([actionStep("a")])],
      ["exec_open", source([actionStep("a"), actionStep("hang"), actionStep("b")])],
      ["exec_asleep", source([actionStep("a"), sleep, actionStep("b")])],
      ["exec_parent", source([sub, actionStep("b")], { child: [actionStep("a"), sleep] })],
    ];
    const keyed = { idempotency: { key: "k", bodyHash: "h" } };
    for (const [id, plan] of plans) {
      void old.cell.start(command(id, plan, id === "exec_open" ? keyed : {}));
      await pass(old, 1_000);
    }
    const now = newObject(() => true);
    asStoredBy(version, old.database, now.database);
    calls.length = 0;
    const again = await now.cell.start(command("exec_other", plans[1]?.[1] ?? source([]), keyed));
    expect(again).toMatchObject({ kind: "accepted", executionId: "exec_open", replayed: true });
    for (let round = 0; round < 30; round += 1) {
      await pass(now, MINUTE);
      now.cell.tick();
    }
    for (const [id] of plans) expect(await now.cell.get(id), id).toMatchObject({ status: "completed" });
    expect(calls.filter((call) => call.endsWith(" a"))).toEqual([]);
    expect(calls.toSorted()).toEqual(["exec_asleep b", "exec_open b", "exec_open hang", "exec_parent b"]);
  },
);

test("a cell whose storage a newer version wrote stops by name, and leaves it as it is", async () => {
  const object = newObject(() => true);
  void object.cell.start(command("exec_a", source([actionStep("a")])));
  await pass(object, 1_000);
  object.database.exec("INSERT INTO migrations (id) VALUES (999)");
  const rows = () => object.database.prepare("SELECT * FROM executions").all();
  const before = rows();
  const storage = { sql: sqlOf(object.database), transactionSync: <T>(work: () => T) => work() };
  expect(() => new CellStorage(storage)).toThrow("does not know: 999");
  expect(rows()).toEqual(before);
});

test("members of a start that this version does not know change nothing: its sender may be newer", async () => {
  const object = newObject(() => true);
  const start = { ...command("exec_a", source([actionStep("a")])), fromTheNextVersion: { any: "thing" } };
  void object.cell.start(start);
  await pass(object, 1_000);
  expect(await object.cell.get("exec_a")).toMatchObject({ status: "completed" });
});
