import { expect, test } from "vitest";
import { ArchivingCell, DAY_MS, FOLDER, RETENTION_MS } from "./archiving-cell.ts";

const SCHEDULES = Number(process.env.SCHEDULES ?? 12);
const RUNS = { exec_leaf: "leaf", exec_parent: "parent", exec_broken: "broken", exec_endless: "endless" };

/** What readers are told of everything that there is. */
async function told(cell: ArchivingCell, ids: readonly string[]): Promise<unknown[]> {
  const answers: unknown[] = [];
  for (const id of ids) {
    const record = await cell.ask((it) => it.get(id));
    expect(record, id).not.toBeNull();
    answers.push(record);
    for (const { path } of record?.steps ?? []) answers.push(await cell.ask((it) => it.getStep(id, path)));
    answers.push(await cell.ask((it) => it.readEvents(id, 0)));
    answers.push(await cell.ask((it) => it.readEvents(id, 2)));
    answers.push(await cell.ask(async (it) => (await it.planOf(id))?.digest));
    answers.push(await cell.ask(async (it) => it.events.history(id, 0, false)));
  }
  return answers;
}

async function ended(seed = 0): Promise<{ cell: ArchivingCell; ids: string[] }> {
  const cell = new ArchivingCell(seed);
  await cell.run(RUNS);
  const ids = cell.stored().filter((id) => id !== "exec_endless");
  expect(ids.some((id) => id.startsWith("exec_parent/"))).toBe(true);
  return { cell, ids };
}

test("what ended longer ago than executions stay leaves the cell with all that its steps started, and is read as before", async () => {
  const { cell, ids } = await ended();
  await cell.ask(async (it) => it.events.keepLinks("exec_broken", [{ seq: 2, hash: "a kept link" }]));
  const before = await told(cell, ids);
  expect(JSON.stringify(before)).toContain("a kept link");
  cell.pass(RETENTION_MS - DAY_MS);
  await cell.round();
  expect(cell.stored()).toEqual([...ids, "exec_endless"].sort());
  cell.pass(2 * DAY_MS);
  await cell.round();
  expect(cell.stored()).toEqual(["exec_endless"]);
  expect([...cell.objects.objects.keys()].sort()).toEqual(ids.map((id) => `${FOLDER}${id}/log.gz`).sort());
  const count = (table: string) => cell.object.database.prepare(`SELECT count(*) AS n FROM ${table}`).get()?.n;
  expect([count("log"), count("plans")]).toEqual([1, 1]);
  expect(await told(cell, ids)).toEqual(before);
  // Guests leave again.
  cell.pass(DAY_MS);
  await cell.round();
  expect(cell.stored()).toEqual(["exec_endless"]);
  expect(await told(cell, ids)).toEqual(before);
  expect(cell.reports).toEqual([]);
});

test("a parent that has not ended keeps what its steps started, however long ago that ended", async () => {
  const cell = new ArchivingCell();
  await cell.run({ exec_leaf: "leaf" });
  cell.object.database.exec("UPDATE executions SET parent = 'exec_endless'");
  await cell.run({ exec_endless: "endless" });
  cell.pass(2 * RETENTION_MS);
  await cell.round();
  expect(cell.stored()).toEqual(["exec_endless", "exec_leaf"]);
});

test("nothing is archived that the sink or the feed has not got", async () => {
  const cell = new ArchivingCell();
  await cell.run({ exec_leaf: "leaf" });
  await cell.start("exec_untold", "leaf");
  await cell.settle();
  cell.pass(2 * RETENTION_MS);
  await cell.round();
  expect(cell.stored()).toEqual(["exec_untold"]);
  await cell.drain();
  await cell.round();
  expect(cell.stored()).toEqual([]);
});

test("numbers of the outbox go on where they were when everything has left", async () => {
  const cell = new ArchivingCell();
  await cell.run({ exec_leaf: "leaf", exec_broken: "broken" });
  cell.pass(2 * RETENTION_MS);
  await cell.round();
  cell.object.kill();
  await cell.start("exec_new", "leaf");
  const rows = await cell.ask(async (it) => it.readOutbox(0, 10).rows);
  expect(rows.map((row) => JSON.parse(row).executionId)).toContain("exec_new");
});

test("a plan that left with its executions is stored again by the next that runs it", async () => {
  const cell = new ArchivingCell();
  await cell.run({ exec_leaf: "leaf" });
  cell.pass(2 * RETENTION_MS);
  await cell.round();
  expect(cell.object.database.prepare("SELECT digest FROM plans").all()).toEqual([]);
  await cell.start("exec_again", "leaf");
  cell.object.kill();
  while (!(await cell.ask((it) => it.get("exec_again")))?.finished_at) await cell.object.step();
  expect(await cell.ask((it) => it.get("exec_again"))).toMatchObject({ status: "completed" });
});

test("an archived execution takes no cancel, and goes on by a retry as any that has ended", async () => {
  const { cell } = await ended();
  cell.pass(2 * RETENTION_MS);
  await cell.round();
  const cancel = await cell.ask((it) => it.act("exec_leaf", { type: "cancel", actor: "key" }));
  expect(cancel).toMatchObject({ ok: false, code: "CONFLICT" });
  cell.repaired = true;
  await cell.ask((it) => it.act("exec_broken", { type: "retry", actor: "key" }));
  while (!(await cell.ask((it) => it.get("exec_broken")))?.finished_at) await cell.object.step();
  expect(await cell.ask((it) => it.get("exec_broken"))).toMatchObject({ status: "completed", run_attempt: 2 });
  // It is no guest any more: it stays its time.
  await cell.drain();
  cell.pass(DAY_MS);
  await cell.round();
  expect(cell.stored()).toContain("exec_broken");
  cell.pass(RETENTION_MS);
  await cell.round();
  expect(cell.stored()).not.toContain("exec_broken");
  expect(await cell.ask((it) => it.get("exec_broken"))).toMatchObject({ status: "completed", run_attempt: 2 });
});

test("a guest that went on and ended again is archived with the next round, although its hour is not over", async () => {
  const { cell } = await ended();
  cell.pass(2 * RETENTION_MS);
  await cell.round();
  cell.repaired = true;
  await cell.ask((it) => it.act("exec_broken", { type: "retry", actor: "key" }));
  while (!(await cell.ask((it) => it.get("exec_broken")))?.finished_at) await cell.object.step();
  await cell.drain();
  cell.pass(1);
  await cell.round(0);
  expect(cell.stored()).not.toContain("exec_broken");
});

test("one that goes on while it is put away stays where it is", async () => {
  const cell = new ArchivingCell();
  await cell.run({ exec_broken: "broken" });
  cell.pass(2 * RETENTION_MS);
  cell.repaired = true;
  let put = (): void => undefined;
  cell.objects.slow = new Promise((resolve) => {
    put = resolve;
  });
  const round = cell.object.cell.retention.round(RETENTION_MS);
  await cell.settle();
  await cell.ask((it) => it.act("exec_broken", { type: "retry", actor: "key" }));
  await cell.settle();
  put();
  await round;
  expect(cell.stored()).toEqual(["exec_broken"]);
  expect(await cell.ask((it) => it.get("exec_broken"))).toMatchObject({ status: "completed", run_attempt: 2 });
});

test("a repeated start finds the execution that it made, archived or not", async () => {
  const cell = new ArchivingCell();
  await cell.run({ exec_leaf: "leaf" });
  cell.pass(60_000);
  await cell.round(0);
  expect(cell.stored()).toEqual([]);
  const answer = await cell.ask((it) =>
    it.start({
      executionId: "exec_other",
      tenantId: "ten_simulated",
      environment: "test",
      planDigest: "leaf",
      inputs: {},
      mode: "sync",
      actor: "key",
      waitMs: 1_000,
      idempotency: { key: "exec_leaf", bodyHash: "same" },
    }),
  );
  expect(answer).toMatchObject({ kind: "finished", executionId: "exec_leaf", replayed: true });
});

test("an archive in which one byte is another is named, and never served", async () => {
  const { cell } = await ended();
  cell.pass(2 * RETENTION_MS);
  await cell.round();
  const key = `${FOLDER}exec_leaf/log.gz`;
  const object = cell.objects.objects.get(key);
  if (!object) throw new Error("it is not archived");
  // Neither in what gzip checks by itself nor anywhere else.
  for (const at of [4, Math.floor(object.bytes.length / 2), object.bytes.length - 1]) {
    const bytes = Uint8Array.from(object.bytes);
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    cell.objects.objects.set(key, { ...object, bytes });
    await expect(cell.ask((it) => it.get("exec_leaf"))).rejects.toThrow(`archive damaged: ${key}`);
    await expect(cell.ask((it) => it.readEvents("exec_leaf", 0))).rejects.toThrow(key);
  }
  expect(cell.stored()).not.toContain("exec_leaf");
  // Another execution's archive is not this one's either.
  const other = cell.objects.objects.get(`${FOLDER}exec_broken/log.gz`);
  if (other) cell.objects.objects.set(key, other);
  await expect(cell.ask((it) => it.get("exec_leaf"))).rejects.toThrow(key);
});

test("an isolated execution's object, which nobody wakes, archives it by its own alarm, few of which it sets", async () => {
  const cell = new ArchivingCell(0, undefined, true);
  await cell.run({ exec_leaf: "leaf" });
  const { clock } = cell.object;
  const ended = clock.now();
  while (cell.stored().length > 0 && clock.now() < ended + 2 * RETENTION_MS) await cell.object.step();
  expect(cell.stored()).toEqual([]);
  expect(clock.now() - ended).toBeGreaterThan(RETENTION_MS - 60_000);
  expect(clock.now() - ended).toBeLessThan(RETENTION_MS + DAY_MS);
  expect(cell.object.alarmsSet).toBeLessThan(12);
  // Read, it comes back and leaves again, and then nothing rings any more.
  expect(await cell.ask((it) => it.get("exec_leaf"))).toMatchObject({ status: "completed" });
  expect(cell.stored()).toEqual(["exec_leaf"]);
  cell.object.kill();
  await cell.ask(async (it) => it.isLive("exec_leaf"));
  while (await cell.object.step());
  expect([cell.stored(), cell.object.hasAlarm]).toEqual([[], false]);
});

test("while the object storage is away, executions stay where they are", async () => {
  const { cell, ids } = await ended();
  cell.pass(2 * RETENTION_MS);
  cell.objects.down = true;
  await cell.round();
  expect(cell.stored()).toEqual([...ids, "exec_endless"].sort());
  expect(cell.reports).toHaveLength(1);
  cell.objects.down = false;
  await cell.round();
  expect(cell.stored()).toEqual(["exec_endless"]);
});

/** As many more of it, which have ended as it did. */
function copies(cell: ArchivingCell, of: string, times: number): void {
  const { database } = cell.object;
  const numbers = `WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < ${times})`;
  const columns = "plan, head, status, created_at, finished_at";
  database.exec(`${numbers} INSERT INTO executions (id, change, projection, ${columns})
    SELECT '${of}_' || n, change + n, projection, ${columns} FROM executions, n WHERE id = '${of}'`);
  database.exec(
    `${numbers} INSERT INTO log SELECT execution || '_' || n, seq, at, events FROM log, n WHERE execution = '${of}'`,
  );
  cell.object.kill();
}

test("a round goes on while there is something to archive, with a few puts at once", async () => {
  const cell = new ArchivingCell();
  await cell.run({ exec_leaf: "leaf" });
  copies(cell, "exec_leaf", 700);
  cell.pass(2 * RETENTION_MS);
  await cell.drain();
  const { objects } = cell;
  const put = objects.put.bind(objects);
  let [now, most] = [0, 0];
  const began = cell.object.clock.now() + cell.object.skewMs;
  objects.put = async (...args) => {
    now += 1;
    most = Math.max(most, now);
    // The time of a test runs while it waits: no put takes so long.
    cell.object.skewMs = began - cell.object.clock.now();
    for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
    await put(...args);
    now -= 1;
  };
  await cell.round();
  expect([cell.stored().length, objects.objects.size, most]).toEqual([0, 701, 6]);
});

test("a put that fails is the last of its round, and what it was to put goes with the next", async () => {
  const cell = new ArchivingCell();
  await cell.run({ exec_leaf: "leaf" });
  copies(cell, "exec_leaf", 30);
  cell.pass(2 * RETENTION_MS);
  await cell.drain();
  const { objects } = cell;
  const put = objects.put.bind(objects);
  let puts = 0;
  objects.put = async (...args) => {
    puts += 1;
    if (puts === 10) objects.down = true;
    await put(...args);
  };
  await cell.round();
  expect(cell.reports).toHaveLength(1);
  expect(puts).toBeLessThan(20);
  expect(cell.stored().length).toBeGreaterThan(10);
  objects.down = false;
  await cell.round();
  expect([cell.stored(), objects.objects.size]).toEqual([[], 31]);
});

test(`${SCHEDULES} schedules of kills around archiving: nothing is lost, nothing is archived twice with other bytes`, async () => {
  let kills = 0;
  for (let seed = 1; seed <= SCHEDULES; seed++) {
    const { cell, ids } = await ended(seed);
    const before = await told(cell, ids);
    cell.pass(2 * RETENTION_MS);
    cell.deadly = true;
    for (let rounds = 0; rounds < 60 && cell.stored().length > 1; rounds++) {
      // How far the sink is, a kill may make the cell forget.
      await cell.drain();
      await cell.round();
      for (const id of ids)
        expect(
          cell.stored().includes(id) || cell.objects.objects.has(`${FOLDER}${id}/log.gz`),
          `seed ${seed} ${id}`,
        ).toBe(true);
    }
    expect(cell.stored(), `seed ${seed}`).toEqual(["exec_endless"]);
    for (const [key, digests] of cell.objects.puts) expect(digests.size, `seed ${seed} ${key}`).toBe(1);
    expect(await told(cell, ids), `seed ${seed}`).toEqual(before);
    kills += cell.object.kills;
  }
  expect(kills).toBeGreaterThan(SCHEDULES);
});
