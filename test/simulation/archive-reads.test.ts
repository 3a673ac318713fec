import { expect, test } from "vitest";
import { packArchive } from "../../durable-objects/archive/archive-file.ts";
import { COLUMNS } from "../../durable-objects/archive/archive-table.ts";
import { sha256Hex } from "../../durable-objects/archive/sha256-hex.ts";
import { actionStep, ok, planOf } from "../../engine/testing.ts";
import { isUnavailable } from "../../workers/services/unavailable.ts";
import { ArchivingCell, DAY_MS, FOLDER, RETENTION_MS } from "./archiving-cell.ts";

/* How what lies in the object storage comes back: how much at a time, and what becomes of it where it cannot. */

const LEAVES = ["exec_a", "exec_b", "exec_c", "exec_d", "exec_e"];

async function archived(ids = ["exec_a"]): Promise<ArchivingCell> {
  const cell = new ArchivingCell();
  await cell.run(Object.fromEntries(ids.map((id) => [id, "leaf"])));
  cell.pass(2 * RETENTION_MS);
  await cell.round();
  expect(cell.stored()).toEqual([]);
  return cell;
}

/** One that has ended, with an output over the inline limit. */
async function large(): Promise<ArchivingCell> {
  const cell = new ArchivingCell(0, () => ok("v".repeat(2e6)));
  const { definition, pins } = planOf([actionStep("fetch")]);
  await cell.startSource("exec_large", { definition, pins });
  while (count(cell, "executions WHERE finished_at > 0") === 0) await cell.ask(async (it) => it.isLive("exec_large"));
  await cell.drain();
  return cell;
}

function count(cell: ArchivingCell, table: string): number {
  return Number(cell.object.database.prepare(`SELECT count(*) AS n FROM ${table}`).get()?.n);
}

/** As much of an error as an RPC carries. */
async function messageOf(asked: Promise<unknown>): Promise<string> {
  return asked.then(
    () => "nothing was thrown",
    (error: unknown) => (error instanceof Error ? error.message : ""),
  );
}

test("while the object storage is down, who asks for what lies there is told to try again", async () => {
  const cell = await archived();
  cell.objects.down = true;
  const reads = [
    cell.ask((it) => it.get("exec_a")),
    cell.ask((it) => it.readEvents("exec_a", 0)),
    cell.ask((it) => it.retention.bringRows(["exec_a"])),
  ];
  for (const read of reads) expect(isUnavailable(new Error(await messageOf(read)))).toBe(true);
  expect(isUnavailable(new Error("something else"))).toBe(false);
  cell.objects.down = false;
  expect(await cell.ask((it) => it.get("exec_a"))).toMatchObject({ status: "completed" });
});

test("a damaged archive is one that the audit of usage misses, and keeps no other from it", async () => {
  const cell = await archived(["exec_a", "exec_b"]);
  const object = cell.objects.objects.get(`${FOLDER}exec_a/log.gz`);
  object?.bytes.set([0], 12);
  await cell.ask((it) => it.retention.bringRows(["exec_a", "exec_b"]));
  const used = await cell.ask(async (it) => it.loggedUsage({ ids: ["exec_a", "exec_b"] }));
  expect(used.map((it) => it.execution_id)).toEqual(["exec_b"]);
  expect(cell.reports).toEqual([expect.stringContaining(`archive damaged: ${FOLDER}exec_a/log.gz`)]);
});

test("who needs no large outputs of an execution does not make its cell fetch them", async () => {
  const cell = await large();
  await cell.ask((it) => it.retention.bringRows(["exec_large"]));
  expect(await cell.ask(async (it) => it.loggedUsage({ ids: ["exec_large"] }))).toMatchObject([{ step_runs: 1 }]);
  cell.pass(2 * RETENTION_MS);
  await cell.round();
  await cell.ask((it) => it.retention.bringRows(["exec_large"]));
  expect(await cell.ask(async (it) => it.traces(["exec_large"]))).toHaveLength(1);
  expect([cell.stored(), count(cell, "large_parts")]).toEqual([["exec_large"], 0]);
  expect((await cell.ask((it) => it.getStep("exec_large", "fetch")))?.output).toHaveLength(2e6);
});

test("an archive with names of its own, or of another execution, is not put into the tables", async () => {
  const cell = await archived();
  const key = `${FOLDER}exec_a/log.gz`;
  const log = { execution: "exec_a", seq: 1, at: 0, events: "[]" };
  const { at: _at, events, ...place } = log;
  const bad = {
    "it has a column that log has not": { ...place, "at, events) SELECT ?, ?, 0, ? --": events },
    "it is another execution": { ...log, execution: "exec_other" },
  };
  for (const [why, line] of Object.entries(bad)) {
    const bytes = await packArchive("exec_a", [{ log }, { log: line }, { row: { id: "exec_a" } }]);
    cell.objects.objects.set(key, { bytes, sha256: await sha256Hex(bytes) });
    expect(await messageOf(cell.ask((it) => it.get("exec_a")))).toContain(`archive damaged: ${key}: ${why}`);
    expect([cell.stored(), count(cell, "log")]).toEqual([[], 0]);
  }
});

test("every column of what is archived comes back", async () => {
  const cell = await archived();
  for (const [table, columns] of Object.entries(COLUMNS)) {
    const found = cell.object.database.prepare(`SELECT name FROM pragma_table_info('${table}')`).all();
    expect(columns, table).toEqual(found.map(({ name }) => name));
  }
});

test("two archives are fetched at a time, however many are asked for", async () => {
  const cell = await archived(LEAVES);
  const { objects } = cell;
  const get = objects.get.bind(objects);
  let [now, most] = [0, 0];
  objects.get = async (key) => {
    now += 1;
    most = Math.max(most, now);
    const object = await get(key);
    for (let turn = 0; turn < 50; turn++) await Promise.resolve();
    now -= 1;
    return object;
  };
  const records = await cell.ask((it) => Promise.all(LEAVES.map((id) => it.get(id))));
  expect([records.map((record) => record?.status), most]).toEqual([LEAVES.map(() => "completed"), 2]);
});

test("texts that came back to be read go again, whatever stood there of an earlier visit", async () => {
  const cell = await large();
  cell.object.database.exec("INSERT INTO returned (execution, change, at, whole) VALUES ('exec_large', -1, 0, 0)");
  expect((await cell.ask((it) => it.getStep("exec_large", "fetch")))?.output).toHaveLength(2e6);
  expect(count(cell, "large_parts")).toBeGreaterThan(0);
  cell.pass(DAY_MS);
  await cell.round();
  expect([cell.stored(), count(cell, "large_parts")]).toEqual([["exec_large"], 0]);
});

test("guests that hold much leave before their time when others come", async () => {
  const cell = await archived(["exec_a", "exec_b"]);
  await cell.ask((it) => it.get("exec_a"));
  const bytes = cell.object.database.prepare("SELECT bytes FROM returned").get()?.bytes;
  expect(Number(bytes)).toBeGreaterThan(100);
  cell.object.database.exec("UPDATE returned SET bytes = 134217728");
  cell.pass(61_000);
  await cell.ask((it) => it.get("exec_b"));
  expect(cell.stored()).toEqual(["exec_b"]);
});

test("one that is asked to go on while what it left behind is deleted keeps word of what it may put meanwhile", async () => {
  const cell = new ArchivingCell();
  await cell.run({ exec_broken: "broken" });
  cell.object.database.exec("INSERT INTO large_outputs VALUES ('exec_broken', 'left', 5, 0)");
  cell.pass(2 * RETENTION_MS);
  const { objects } = cell;
  const remove = objects.delete.bind(objects);
  objects.delete = async (keys) => {
    void cell.object.ask((it) => it.act("exec_broken", { type: "retry", actor: "key" }));
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
    await remove(keys);
  };
  await cell.round();
  expect([cell.stored(), count(cell, "large_outputs WHERE kept = 0")]).toEqual([["exec_broken"], 1]);
});

test("links of a history that are first asked for after its execution was archived are there ever after, whatever is killed", async () => {
  for (const killed of [false, true]) {
    const cell = await archived();
    const links = async () =>
      (await cell.ask(async (it) => (await it.planOf("exec_a")) && it.events.history("exec_a", 0, true)))?.kept;
    expect(await links()).toEqual([]);
    // The guest has left before the answer is back.
    cell.pass(DAY_MS);
    await cell.round();
    expect(cell.stored()).toEqual([]);
    const kept = [{ seq: 2, hash: "the hash" }];
    await cell.ask((it) => it.events.keepLinks("exec_a", kept));
    if (killed) cell.object.kill();
    await cell.round();
    expect(cell.stored()).toEqual([]);
    expect(await links()).toEqual(kept);
    // What is known already makes no guest of ours.
    await cell.ask((it) => it.events.keepLinks("exec_a", kept));
    expect(count(cell, "returned")).toBe(1);
  }
});

test("the key of a cancel that came after an archived execution's end stays with it: when its hour is over, and while it is put away", async () => {
  const cell = new ArchivingCell();
  await cell.start("exec_a", "endless");
  const act = (type: "cancel" | "retry", key: string) =>
    cell.ask((it) => it.act("exec_a", { type, act: { key, body: type } }));
  await act("cancel", "first");
  await cell.drain();
  cell.pass(2 * RETENTION_MS);
  await cell.round();
  expect(cell.stored()).toEqual([]);
  expect(await act("cancel", "guest")).toMatchObject({ ok: true, value: { status: "canceled" } });
  cell.pass(DAY_MS);
  const put = cell.objects.put.bind(cell.objects);
  cell.objects.put = async (...args) => {
    await put(...args);
    cell.objects.put = put;
    await cell.object.cell.act("exec_a", { type: "cancel", act: { key: "while", body: "cancel" } });
  };
  await cell.round();
  cell.pass(DAY_MS);
  await cell.round();
  expect(cell.stored()).toEqual([]);
  expect(await act("retry", "on")).toMatchObject({ ok: true, value: { run_attempt: 2 } });
  for (const key of ["first", "guest", "while"])
    expect(await act("cancel", key)).toMatchObject({
      ok: true,
      value: { status: expect.stringMatching(/running|waiting/) },
    });
});
