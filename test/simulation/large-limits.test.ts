import { expect, test } from "vitest";
import type { StepDefinition } from "../../engine/definition/types.ts";
import type { PlanSource } from "../../engine/plan/types.ts";
import type { ActionCall } from "../../engine/run/types.ts";
import { actionStep, ok, planOf } from "../../engine/testing.ts";
import { ArchivingCell, FOLDER, RETENTION_MS } from "./archiving-cell.ts";

/* What large outputs may take, together and wherever they are shown; and answers that come when nobody waits any more. */

const MOST = 12_582_912;
const ID = "exec_large";
const ONCE = { retry: { maxAttempts: 1 } };

function source(steps: StepDefinition[], outputs: Record<string, string> = {}): PlanSource {
  const given = Object.entries(outputs).map(([name, value]) => [name, { value }]);
  const { definition, pins } = planOf(steps, { outputs: Object.fromEntries(given) });
  return { definition, pins };
}

async function end(cell: ArchivingCell, id = ID): Promise<void> {
  const isOver = () => number(cell, `SELECT count(*) AS n FROM executions WHERE id = '${id}' AND finished_at > 0`) > 0;
  while (!isOver()) await cell.ask(async (it) => it.isLive(id));
  await cell.drain();
}

async function ran(plan: PlanSource, answer: (call: ActionCall) => unknown): Promise<ArchivingCell> {
  const cell = new ArchivingCell(0, (call) => ok(answer(call) as string));
  await cell.startSource(ID, plan);
  await end(cell);
  return cell;
}

function number(cell: ArchivingCell, query: string): number {
  return Number(cell.object.database.prepare(query).get()?.n ?? 0);
}

const recordOf = (cell: ArchivingCell) => cell.ask((it) => it.get(ID));
const outputs = (cell: ArchivingCell) => [...cell.objects.objects.keys()].filter((key) => key.includes("/outputs/"));

test("large outputs that come at the same time have one limit together", async () => {
  const steps = Array.from({ length: 6 }, (_, n) => actionStep(`${n}`, { ...ONCE, continueOnError: true }));
  const cell = new ArchivingCell(0, ({ path }) => ok(path + "x".repeat(3e6)));
  let store = (): void => undefined;
  cell.objects.slow = new Promise((resolve) => {
    store = resolve;
  });
  await cell.startSource(ID, source([{ kind: "parallel_list", id: "all", steps }]));
  // Nothing is stored before all have come.
  while (number(cell, "SELECT count(*) AS n FROM large_outputs") < 4) await cell.ask(async (it) => it.isLive(ID));
  for (let more = 0; more < 30; more++) await cell.ask(async (it) => it.isLive(ID));
  store();
  await end(cell);
  const kept = number(cell, "SELECT sum(bytes) AS n FROM large_outputs WHERE kept = 1");
  expect([Math.floor(kept / 3e6), outputs(cell).length]).toEqual([4, 4]);
  const failed = (await recordOf(cell))?.steps.filter(({ status }) => status === "failed");
  expect(failed?.map(({ error }) => error?.details)).toEqual(
    Array.from({ length: 2 }, () => ({ limit: "large_output_bytes", max: MOST })),
  );
});

test("room that a large output took which could not be stored is free again", async () => {
  const steps = [actionStep("a", { ...ONCE, continueOnError: true }), actionStep("b", ONCE)];
  let cell: ArchivingCell | undefined;
  const plugin = ({ path }: ActionCall) => {
    if (cell) cell.objects.down = path === "a";
    return ok(path + "x".repeat(7e6));
  };
  cell = new ArchivingCell(0, plugin);
  await cell.startSource(ID, source(steps));
  await end(cell);
  expect((await recordOf(cell))?.steps.map(({ status }) => status)).toEqual(["failed", "completed"]);
});

test("equal large outputs lie there once, and count as often as the record shows them, also after a sleep", async () => {
  const nap: StepDefinition = { kind: "wait", id: "nap", duration: 20 };
  const steps = [actionStep("a"), actionStep("b"), nap, actionStep("c", ONCE)];
  const cell = await ran(source(steps), () => "y".repeat(5e6));
  const record = await recordOf(cell);
  expect(record?.steps.map(({ status }) => status)).toEqual(["completed", "completed", "completed", "failed"]);
  expect(record?.error).toMatchObject({ code: "PAYLOAD_TOO_LARGE", details: { limit: "large_output_bytes" } });
  expect(outputs(cell)).toHaveLength(1);
});

test("a page of events holds one that shows a large output, however many of them do", async () => {
  const each = actionStep("each", {
    forEach: "{{ range(10) }}",
    parallel: true,
    input: { it: "{{ steps.fetch.output }}" },
  });
  const cell = await ran(source([actionStep("fetch"), each]), ({ path }) => (path === "fetch" ? "z".repeat(2e6) : 1));
  const pages: number[] = [];
  let shown = 0;
  for (let after = 0, ended = false; !ended; ) {
    const page = await cell.ask((it) => it.readEvents(ID, after));
    pages.push(JSON.stringify(page).length);
    shown += page?.events.filter(({ data }) => JSON.stringify(data).length > 2e6).length ?? 0;
    ended = page?.ended ?? true;
    after = page?.last ?? 0;
  }
  expect(shown).toBe(11);
  expect(Math.max(...pages)).toBeLessThan(3.1e6);
});

test("one event that shows large outputs too often is refused by name, and so is a history of them", async () => {
  const often = Object.fromEntries(Array.from({ length: 7 }, (_, n) => [`o${n}`, "{{ steps.fetch.output }}"]));
  const tooLarge = await ran(source([actionStep("fetch")], often), () => "z".repeat(2e6));
  const record = await recordOf(tooLarge);
  expect(record).toMatchObject({
    status: "failed",
    error: { code: "PAYLOAD_TOO_LARGE", details: { limit: "large_output_bytes" } },
  });
  expect(record?.error?.message).toContain(String(MOST));
  const each = actionStep("each", { forEach: "{{ range(60) }}", input: "{{ steps.fetch.output }}" });
  const long = await ran(source([actionStep("fetch"), each]), ({ path }) => (path === "fetch" ? "z".repeat(6e6) : 1));
  expect(await recordOf(long)).toMatchObject({ status: "failed", error: { details: { limit: "log_bytes" } } });
});

test("a loop over a list out of a large output can be asked for without that", async () => {
  const items = Array.from({ length: 40 }, (_, n) => `${n} ${"i".repeat(40_000)}`);
  const each = actionStep("each", { forEach: "{{ steps.fetch.output.items }}", input: "{{ item | length }}" });
  const cell = await ran(source([actionStep("fetch"), each]), ({ path }) => (path === "fetch" ? { items } : 1));
  expect((await recordOf(cell))?.status).toBe("completed");
  const again = await cell.ask((it) => it.act(ID, { type: "pause", actor: "key" }));
  expect(again).toMatchObject({ ok: false, code: "CONFLICT" });
  expect(await cell.ask(async (it) => it.loggedUsage({ ids: [ID] }))).toMatchObject([{ step_runs: 41 }]);
});

test("a large answer that nobody waits for any more takes no room, and writes nothing after a purge", async () => {
  const cell = new ArchivingCell(0, () => ok("w".repeat(2e6)));
  cell.answersAfterMs = 8_000;
  await cell.startSource(ID, source([actionStep("late", { ...ONCE, timeoutMs: 2_000 }), actionStep("next")]));
  await end(cell);
  expect((await recordOf(cell))?.error?.code).toBe("TIMEOUT");
  await cell.ask((it) => it.retention.purge(ID, "key"));
  for (let seconds = 0; seconds < 12; seconds++) await cell.settle();
  expect([number(cell, "SELECT count(*) AS n FROM large_outputs"), [...cell.objects.objects.keys()]]).toEqual([0, []]);
});

test("what a put that came late left behind does not keep an archived execution from being read", async () => {
  const cell = await ran(source([actionStep("fetch")]), () => "v".repeat(2e6));
  const row = cell.object.database.prepare("SELECT * FROM large_outputs").get();
  cell.pass(2 * RETENTION_MS);
  await cell.round();
  expect(cell.stored()).toEqual([]);
  const stray = cell.object.database.prepare("INSERT INTO large_outputs VALUES (?, ?, ?, 0)");
  stray.run(ID, row?.sha256 ?? null, row?.bytes ?? null);
  expect((await recordOf(cell))?.steps[0]?.output).toHaveLength(2e6);
  expect([...cell.objects.objects.keys()].sort()).toEqual([
    `${FOLDER}${ID}/log.gz`,
    `${FOLDER}${ID}/outputs/${String(row?.sha256)}`,
  ]);
});

test("a large output that a service gives later is kept, though its execution rests while it is read", async () => {
  const later = { code: "UNAVAILABLE" as const, message: "later" };
  const cell = new ArchivingCell(0, () => ({ ok: false, permanent: true, error: later, pending: {} }));
  await cell.startSource(ID, source([actionStep("task", { ...ONCE, timeoutMs: 30 * 86_400_000 })]));
  while (number(cell, "SELECT asleep AS n FROM executions") === 0) await cell.ask(async (it) => it.planOf(ID));
  let store = (): void => undefined;
  cell.objects.slow = new Promise((resolve) => {
    store = resolve;
  });
  const which = { path: "task", runAttempt: 1, attempt: 1 };
  const answer = cell.ask((it) => it.reportTask(ID, which, { kind: "finish", envelope: "t".repeat(2e6) }));
  while (number(cell, "SELECT count(*) AS n FROM large_outputs") === 0)
    await new Promise((done) => setTimeout(done, 5));
  await new Promise((done) => setTimeout(done, 50));
  store();
  expect(await answer).toEqual({ kind: "taken" });
  await end(cell);
  expect((await recordOf(cell))?.steps[0]?.output).toHaveLength(2e6);
  expect(number(cell, "SELECT count(*) AS n FROM large_outputs WHERE kept = 1")).toBe(1);
});
