import { expect, test } from "vitest";
import { sha256Hex } from "../../durable-objects/archive/sha256-hex.ts";
import { actionStep } from "../../engine/testing.ts";
import { ArchivingCell, MARKER, RETENTION_MS, source } from "./archiving-cell.ts";

const SCHEDULES = Number(process.env.SCHEDULES ?? 12);

const purge = (cell: ArchivingCell, id: string) => cell.ask((it) => it.retention.purge(id, "key_purger"));

test("a purge leaves nothing of an execution nor of what its steps started; a repeat answers the same", async () => {
  for (const archived of [false, true]) {
    const cell = new ArchivingCell();
    await cell.run({ exec_parent: "parent", exec_broken: "broken" });
    await cell.ask(async (it) => it.events.keepLinks("exec_parent", [{ seq: 1, hash: MARKER }]));
    expect(await cell.everything()).toContain(MARKER);
    if (archived) {
      cell.pass(2 * RETENTION_MS);
      await cell.round();
      expect(cell.stored()).toEqual([]);
    }
    const left = (ids: string[]) => cell.ask((it) => it.retention.leftOf(ids));
    const there = archived ? { rows: 2, objects: 1 } : { rows: 5, objects: 0 };
    expect((await left(["exec_parent"])).objects > 0).toBe(archived);
    const answer = await purge(cell, "exec_parent");
    expect(answer).toMatchObject({ ok: true, value: { actor: "key_purger" } });
    // Rows of the log, of the executions, and the key of the start; an archive of each.
    expect(answer?.ok && answer.value.rows).toBeGreaterThan(there.rows);
    expect(answer?.ok && answer.value.objects).toBe(2 * there.objects);
    expect(answer?.ok && (await left(answer.value.executions))).toEqual({ rows: 0, objects: 0 });
    const gone = answer?.ok ? answer.value : { executions: [], cached: [] };
    expect(gone.executions).toHaveLength(2);
    expect(gone.executions[0]).toBe("exec_parent");
    expect(gone.cached).toEqual([expect.stringMatching(/^[0-9a-f]{64}$/)]);
    expect(await purge(cell, "exec_parent")).toEqual(answer);
    expect(await purge(cell, "exec_broken")).toMatchObject({ ok: true, value: { executions: ["exec_broken"] } });
    expect(await cell.everything()).not.toContain(MARKER);
    expect(await cell.everything()).not.toContain("down");
    for (const id of ["exec_broken", ...gone.executions]) {
      expect(await cell.ask((it) => it.get(id))).toBeNull();
      expect(await cell.ask((it) => it.readEvents(id, 0))).toBeNull();
    }
    // Its key is free.
    await cell.start("exec_broken", "broken");
  }
});

test("a purge forgets what is cached of a connection, also where the release before had kept it", async () => {
  const asked: string[] = [];
  const cell = new ArchivingCell(0, ({ cache }) => {
    asked.push(cache?.key ?? "");
    return { ok: true, output: 1 };
  });
  const step = actionStep("me", { cache: { ttlMs: 60_000 }, input: { n: 1 }, connection: { end_user: "ann" } });
  await cell.startSource("exec_me", source("mine", [step]));
  await cell.settle();
  await cell.drain();
  expect(asked).toEqual(['["mine","me",{"n":1},{"end_user":"ann"}]']);
  const answer = await purge(cell, "exec_me");
  const kept = [...asked, '["mine","me",{"n":1}]'];
  expect(answer?.ok && answer.value.cached).toEqual(await Promise.all(kept.map((key) => sha256Hex(key))));
});

test("what has not ended, or belongs to a step of another, is not purged; what is not there is unknown", async () => {
  const cell = new ArchivingCell();
  await cell.run({ exec_parent: "parent", exec_endless: "endless" });
  expect(await purge(cell, "exec_endless")).toMatchObject({ ok: false, code: "CONFLICT" });
  const child = cell.stored().find((id) => id.startsWith("exec_parent/")) ?? "";
  expect(await purge(cell, child)).toMatchObject({ ok: false, code: "CONFLICT", details: { parent: "exec_parent" } });
  expect(await purge(cell, "exec_unknown")).toBeNull();
  expect(cell.stored()).toContain(child);
});

test("what the sink has not got is not purged: usage would be lost", async () => {
  const cell = new ArchivingCell();
  await cell.run({ exec_leaf: "leaf" });
  await cell.start("exec_untold", "leaf");
  await cell.settle();
  expect(await purge(cell, "exec_untold")).toMatchObject({ ok: false, code: "UNAVAILABLE", retryAfter: 2 });
  expect(cell.stored()).toContain("exec_untold");
});

test("a purge stays to be finished until everybody has said so, and once more after that", async () => {
  const cell = new ArchivingCell();
  await cell.run({ exec_leaf: "leaf" });
  const due = () => cell.ask((it) => it.retention.duePurges());
  expect(await due()).toEqual([]);
  await purge(cell, "exec_leaf");
  expect(await due()).toMatchObject([{ executions: ["exec_leaf"] }]);
  const done = () => cell.ask(async (it) => it.retention.purged(["exec_leaf"]));
  await done();
  expect(await due()).toEqual([]);
  // A put that was under way comes late: it goes, too.
  await cell.objects.put("global/ten_simulated/test/exec_leaf/log.gz", new Uint8Array([1]), "");
  cell.pass(600_000);
  expect(await due()).toMatchObject([{ executions: ["exec_leaf"] }]);
  expect(cell.objects.objects.size).toBe(0);
  await done();
  cell.pass(86_400_000);
  expect(await due()).toEqual([]);
  expect(cell.object.database.prepare("SELECT * FROM purges").all()).toEqual([]);
});

test("a purge whose objects cannot be removed keeps none behind it, and comes up again in a minute", async () => {
  const cell = new ArchivingCell();
  await cell.run({ exec_leaf: "leaf", exec_broken: "broken" });
  await purge(cell, "exec_leaf");
  await purge(cell, "exec_broken");
  const due = async () => (await cell.ask((it) => it.retention.duePurges())).map(({ executions }) => executions[0]);
  cell.objects.unreachable = "exec_leaf";
  expect(await due()).toEqual(["exec_broken"]);
  cell.objects.unreachable = undefined;
  expect(await due()).toEqual([]);
  cell.pass(60_000);
  expect((await due()).sort()).toEqual(["exec_broken", "exec_leaf"]);
});

test("a cell that has not begun yet has no purges", async () => {
  const cell = new ArchivingCell();
  expect(await cell.ask((it) => it.retention.duePurges())).toEqual([]);
});

test("the cell of an isolated execution has its purge finished by itself, and archives after a failure", async () => {
  const cell = new ArchivingCell(0, undefined, true);
  await cell.run({ exec_leaf: "leaf" });
  await purge(cell, "exec_leaf");
  // What it had is with the sink: nothing else keeps it awake.
  cell.object.kill();
  const hints = cell.hints;
  for (let step = 0; step < 100 && cell.hints === hints; step += 1) await cell.object.step();
  expect(cell.hints).toBeGreaterThan(hints);
  expect(await cell.ask(async (it) => it.readOutbox(0, 10))).toMatchObject({ rows: [], purges: true });
  await cell.ask(async (it) => it.retention.purged(["exec_leaf"]));
  expect(await cell.ask(async (it) => it.readOutbox(0, 10).purges)).toBeUndefined();
  // And once more ten minutes after it, for a write that came late.
  const again = cell.hints;
  for (let step = 0; step < 100 && cell.hints === again; step += 1) await cell.object.step();
  expect(cell.hints).toBeGreaterThan(again);

  const other = new ArchivingCell(0, undefined, true);
  await other.run({ exec_leaf: "leaf" });
  other.pass(31 * 86_400_000);
  other.objects.down = true;
  await other.round();
  expect(other.stored()).toEqual(["exec_leaf"]);
  other.objects.down = false;
  expect(await other.ask(async (it) => it.retention.nextRound(0))).toBe(60_000);
});

test("what was with the sink is known to be, when the last execution has gone", async () => {
  const cell = new ArchivingCell();
  await cell.run({ exec_leaf: "leaf" });
  await purge(cell, "exec_leaf");
  cell.object.kill();
  expect(await cell.ask(async (it) => it.readOutbox(0, 10))).toMatchObject({ rows: [] });
  const [{ value } = { value: "" }] = cell.object.database
    .prepare("SELECT value FROM facts WHERE name = 'outbox_acked'")
    .all() as { value: string }[];
  const [{ last } = { last: "" }] = cell.object.database
    .prepare("SELECT value AS last FROM facts WHERE name = 'last_change'")
    .all() as { last: string }[];
  expect(value.split(" ")[0]).toBe(last);
});

test("a purge looks at no execution but its own, nor at other keys: a cell with many of them answers as fast", async () => {
  const cell = new ArchivingCell();
  await cell.start("exec_leaf", "leaf");
  await cell.settle();
  await cell.drain();
  const asked = new Set<string>();
  cell.object.failsOn = (query) => asked.add(query) === undefined;
  cell.object.database.exec(`UPDATE executions SET head = json_set(head, '$.published', json('true'))`);
  expect(await purge(cell, "exec_leaf")).toMatchObject({ ok: true });
  cell.object.failsOn = undefined;
  expect(asked.size).toBeGreaterThan(10);
  const scans = [...asked].flatMap((query) =>
    cell.object.database
      .prepare(`EXPLAIN QUERY PLAN ${query}`)
      .all(...Array.from({ length: query.split("?").length - 1 }, () => 0))
      .filter(({ detail }) => /^SCAN (executions|idempotency|log|plans)/.test(String(detail)))
      .map(({ detail }) => `${detail}: ${query}`),
  );
  expect(scans).toEqual([]);
  // Its plan is that of a version: what nobody runs any more goes with the next look for such.
  cell.pass(2 * RETENTION_MS);
  await cell.round();
  expect(cell.object.database.prepare("SELECT * FROM plans").all()).toEqual([]);
});

test("an archive that cannot be read can be purged", async () => {
  const cell = new ArchivingCell();
  await cell.run({ exec_leaf: "leaf" });
  cell.pass(2 * RETENTION_MS);
  await cell.round();
  for (const object of cell.objects.objects.values()) object.bytes[20] = (object.bytes[20] ?? 0) ^ 1;
  expect(await purge(cell, "exec_leaf")).toMatchObject({ ok: true });
  expect(cell.objects.objects.size).toBe(0);
});

test(`${SCHEDULES} schedules of kills around purging and archiving: a purge that was asked for leaves nothing`, async () => {
  let kills = 0;
  for (let seed = 1; seed <= SCHEDULES; seed++) {
    const cell = new ArchivingCell(seed);
    await cell.run({ exec_parent: "parent", exec_broken: "broken" });
    cell.pass(2 * RETENTION_MS);
    cell.deadly = true;
    const rounds = [cell.round(), cell.round()];
    for (const id of ["exec_parent", "exec_broken"]) {
      let answer = await purge(cell, id);
      // How far the sink is, a kill may make the cell forget.
      while (answer && !answer.ok && answer.code === "UNAVAILABLE") {
        await cell.drain();
        answer = await purge(cell, id);
      }
      expect(answer, `seed ${seed}`).toMatchObject({ ok: true });
    }
    await Promise.all(rounds);
    for (const { executions } of await cell.ask((it) => it.retention.duePurges()))
      await cell.ask(async (it) => it.retention.purged(executions));
    expect(await cell.everything(), `seed ${seed}`).not.toContain(MARKER);
    expect([cell.stored(), [...cell.objects.objects.keys()]], `seed ${seed}`).toEqual([[], []]);
    kills += cell.object.kills;
  }
  expect(kills).toBeGreaterThan(SCHEDULES);
});
