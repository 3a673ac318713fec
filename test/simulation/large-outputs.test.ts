import { expect, test } from "vitest";
import type { StepDefinition } from "../../engine/definition/types.ts";
import type { PlanSource } from "../../engine/plan/types.ts";
import type { ActionCall, ActionResult } from "../../engine/run/types.ts";
import { actionStep, ok, planOf } from "../../engine/testing.ts";
import { ArchivingCell, DAY_MS, FOLDER, RETENTION_MS } from "./archiving-cell.ts";

const SCHEDULES = Number(process.env.SCHEDULES ?? 1);
/** Over a megabyte, with characters of two halves wherever a text might be cut. */
const BODY = `x${"🦔".repeat(320_000)}`;
const ITEMS = Array.from({ length: 400 }, (_, n) => ({ n, text: `item ${n} ${"y".repeat(500)}` }));

function source(steps: StepDefinition[], outputs: Record<string, string> = {}): PlanSource {
  const given = Object.entries(outputs).map(([name, value]) => [name, { value }]);
  const { definition, pins } = planOf(steps, { outputs: Object.fromEntries(given) });
  return { definition, pins };
}

const LARGE = source(
  [
    actionStep("fetch"),
    actionStep("whole", { input: { it: "{{ steps.fetch.output }}" } }),
    actionStep("piece", {
      input: { body: "{{ steps.fetch.output.body }}", length: "{{ steps.fetch.output.body | length }}" },
    }),
    actionStep("rest", {
      input: { id: "{{ steps.fetch.output.items[2].n }}", items: "{{ steps.fetch.output.items }}" },
    }),
    { kind: "wait", id: "nap", duration: 20 },
    actionStep("after", { input: "{{ steps.fetch.output.items[1] }}" }),
  ],
  { body: "{{ steps.fetch.output.body }}", n: "{{ steps.after.output.n }}" },
);

interface Seen {
  cell: ArchivingCell;
  inputs: Map<string, unknown>;
}

function newCell(seed = 0): Seen {
  const inputs = new Map<string, unknown>();
  const plugin = ({ path, input }: ActionCall): ActionResult => {
    inputs.set(path, input);
    if (path === "fetch") return ok({ body: BODY, items: ITEMS, status: 200 });
    return ok(path === "after" ? input : { done: path });
  };
  return { cell: new ArchivingCell(seed, plugin), inputs };
}

async function begin(cell: ArchivingCell): Promise<void> {
  await cell.startSource("exec_large", LARGE);
}

async function end(cell: ArchivingCell): Promise<void> {
  const isOver = () =>
    cell.object.database.prepare("SELECT 1 FROM executions WHERE finished_at IS NOT NULL").get() !== undefined;
  while (!isOver()) await cell.ask(async (it) => it.isLive("exec_large"));
  await cell.drain();
}

/** A difference of megabytes is not printed. */
function same(found: unknown, expected: unknown, what = ""): void {
  expect(JSON.stringify(found) === JSON.stringify(expected), what).toBe(true);
}

const count = (cell: ArchivingCell, table: string) =>
  Number(cell.object.database.prepare(`SELECT count(*) AS n FROM ${table}`).get()?.n);
const outputs = (cell: ArchivingCell) => [...cell.objects.objects.keys()].filter((key) => key.includes("/outputs/"));

/** What a reader is told of it is what it was. */
async function checkTold(cell: ArchivingCell): Promise<void> {
  const record = await cell.ask((it) => it.get("exec_large"));
  expect(record?.status).toBe("completed");
  same(record?.result?.outputs, { body: BODY, n: 1 }, "outputs");
  const fetched = { body: BODY, items: ITEMS, status: 200 };
  same(record?.steps[0]?.output, fetched, "step in the record");
  same((await cell.ask((it) => it.getStep("exec_large", "fetch")))?.output, fetched, "step");
  const told: { type: string; step_path: string | null; data: Record<string, unknown> }[] = [];
  for (let after = 0; ; ) {
    const page = await cell.ask((it) => it.readEvents("exec_large", after));
    told.push(...(page?.events ?? []));
    after = page?.last ?? 0;
    if (!page || page.ended) break;
  }
  const of = (type: string, path: string) => told.find((it) => it.type === type && it.step_path === path)?.data;
  same(of("step.completed", "fetch")?.output, fetched);
  same(of("step.started", "whole")?.input, { it: fetched });
  same(of("step.started", "rest")?.input, { id: 2, items: ITEMS });
  expect(JSON.stringify(told).includes("$large")).toBe(false);
}

test("an output over the inline limit lies in the object storage; templates, record, step and events have it as any", async () => {
  const { cell, inputs } = newCell();
  await begin(cell);
  while (!inputs.has("rest")) await cell.ask(async (it) => it.isLive("exec_large"));
  await cell.settle();
  same(inputs.get("whole"), { it: { body: BODY, items: ITEMS, status: 200 } });
  same(inputs.get("piece"), { body: BODY, length: [...BODY].length });
  const [key = ""] = outputs(cell);
  expect(key).toMatch(new RegExp(`^${FOLDER}exec_large/outputs/[0-9a-f]{64}$`));
  // While it runs a copy is here, in the log it is not.
  const longest = cell.object.database.prepare("SELECT max(length(events)) AS n FROM log").get()?.n;
  expect(Number(longest)).toBeLessThan(20_000);
  expect(count(cell, "large_parts")).toBeGreaterThan(1);
  // It sleeps, is brought back, and knows what it had.
  cell.object.kill();
  await end(cell);
  same(inputs.get("after"), ITEMS[1]);
  expect([count(cell, "large_parts"), outputs(cell)]).toEqual([0, [key]]);
  await checkTold(cell);
  // It was brought to be read, and leaves again.
  expect(count(cell, "large_parts")).toBeGreaterThan(1);
  cell.pass(DAY_MS);
  await cell.round();
  expect([count(cell, "large_parts"), cell.stored()]).toEqual([0, ["exec_large"]]);
  cell.pass(2 * RETENTION_MS);
  await cell.round();
  expect([cell.stored(), count(cell, "large_outputs")]).toEqual([[], 0]);
  await checkTold(cell);
  const purged = await cell.ask((it) => it.retention.purge("exec_large", "key"));
  expect(purged).toMatchObject({ ok: true });
  expect([cell.objects.objects.size, count(cell, "large_parts"), count(cell, "large_outputs")]).toEqual([0, 0, 0]);
});

test("an execution with large outputs goes on by a retry, from what it had", async () => {
  const { cell, inputs } = newCell();
  await begin(cell);
  await end(cell);
  cell.pass(2 * RETENTION_MS);
  await cell.round();
  inputs.clear();
  const retry = { type: "retry" as const, from: "rest", actor: "key" };
  expect(await cell.ask((it) => it.act("exec_large", retry))).toMatchObject({ ok: true });
  await end(cell);
  expect([...inputs.keys()]).toEqual(["rest", "after"]);
  same(inputs.get("rest"), { id: 2, items: ITEMS });
  await checkTold(cell);
});

test("a large output that was changed, or is gone, is named and never served", async () => {
  const { cell } = newCell();
  await begin(cell);
  await end(cell);
  const [key = ""] = outputs(cell);
  const object = cell.objects.objects.get(key);
  if (!object) throw new Error("it is not there");
  object.bytes[5] = 65;
  await expect(cell.ask((it) => it.get("exec_large"))).rejects.toThrow(`archive damaged: ${key}`);
  cell.objects.objects.delete(key);
  await expect(cell.ask((it) => it.readEvents("exec_large", 0))).rejects.toThrow(`archive damaged: ${key}: it is gone`);
  // It can still be purged, and all of it goes.
  expect(await cell.ask((it) => it.retention.purge("exec_large", "key"))).toMatchObject({ ok: true });
  expect([cell.stored(), cell.objects.objects.size, count(cell, "large_outputs")]).toEqual([[], 0, 0]);
});

test("large outputs together have a limit, which the step that passes it is told", async () => {
  const big = "z".repeat(5_000_000);
  const steps = ["a", "b", "c"].map((id) => actionStep(id, { retry: { maxAttempts: 1 } }));
  const cell = new ArchivingCell(0, ({ path }) => ok({ path, big }));
  await cell.startSource("exec_large", source(steps));
  await end(cell);
  const record = await cell.ask((it) => it.get("exec_large"));
  expect(record).toMatchObject({
    status: "failed",
    error: { code: "PAYLOAD_TOO_LARGE", details: { limit: "large_output_bytes", max: 12_582_912 } },
  });
  expect(record?.steps.map(({ status }) => status)).toEqual(["completed", "completed", "failed"]);
});

test("what a kill left in the object storage, and nobody counts on, goes when the execution is archived", async () => {
  let calls = 0;
  const cell = new ArchivingCell(0, () => {
    calls += 1;
    return ok({ body: BODY, calls });
  });
  cell.objects.onPut = () => {
    if (calls === 1) cell.object.kill();
  };
  await cell.startSource("exec_large", source([actionStep("fetch")]));
  await end(cell);
  expect([calls, outputs(cell).length]).toEqual([2, 2]);
  cell.pass(2 * RETENTION_MS);
  await cell.round();
  expect([cell.stored(), outputs(cell).length]).toEqual([[], 1]);
  same((await cell.ask((it) => it.getStep("exec_large", "fetch")))?.output, { body: BODY, calls: 2 });
});

test("an output that the object storage does not take fails its step, and says why", async () => {
  const { cell } = newCell();
  cell.objects.down = true;
  await cell.startSource("exec_large", source([actionStep("fetch", { retry: { maxAttempts: 1 } })]));
  await end(cell);
  expect(await cell.ask((it) => it.get("exec_large"))).toMatchObject({
    status: "failed",
    error: { code: "UNAVAILABLE" },
  });
});

test(`${SCHEDULES} schedules of kills around large outputs: nothing is lost, and nothing is left behind`, async () => {
  let kills = 0;
  for (let seed = 1; seed <= SCHEDULES; seed++) {
    const { cell, inputs } = newCell(seed);
    await begin(cell);
    cell.deadly = true;
    await end(cell);
    cell.deadly = false;
    same(inputs.get("whole"), { it: { body: BODY, items: ITEMS, status: 200 } }, `seed ${seed}`);
    await checkTold(cell);
    cell.pass(2 * RETENTION_MS);
    await cell.drain();
    await cell.round();
    expect(cell.stored(), `seed ${seed}`).toEqual([]);
    expect(outputs(cell), `seed ${seed}`).toHaveLength(1);
    await checkTold(cell);
    kills += cell.object.kills;
  }
  expect(kills).toBeGreaterThan(SCHEDULES);
});
