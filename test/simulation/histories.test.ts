import { expect, test } from "vitest";
import { success } from "../../contracts/errors.ts";
import type { PlanSource } from "../../engine/plan/types.ts";
import type { StepDefinition } from "../../engine/definition/types.ts";
import { actionStep, failed, ok, planOf } from "../../engine/testing.ts";
import type { ReceiptClaims } from "../../receipts/receipt.ts";
import { ReceiptKeys } from "../../receipts/receipt-keys.ts";
import { verifyHistory } from "../../receipts/verify-history.ts";
import { ChainedLog, type ChainedEvent } from "../../workers/services/history/chained-log.ts";
import type { LogSource } from "../../workers/services/history/log-source.ts";
import { ArchivingCell, RETENTION_MS } from "./archiving-cell.ts";
import { ACTED_ON, ActingSchedule } from "./acting-schedule.ts";
import { TEST_RECEIPT_KEYS } from "./test-receipt-keys.ts";
import type { SimulatedObject } from "./simulated-object.ts";

const KEYS = new ReceiptKeys(TEST_RECEIPT_KEYS);

/** The log of the one execution, as the platform Worker finds it. */
function sourceOf(object: SimulatedObject): LogSource & { reads: number } {
  return {
    executionId: ACTED_ON,
    reads: 0,
    async read(after, exact) {
      const part = object.cell.events.history(ACTED_ON, after, exact);
      if (!part) throw new Error("it is gone");
      this.reads += part.events.length;
      return success(part);
    },
    keep: async (links) => object.cell.events.keepLinks(ACTED_ON, links),
  };
}

/** Its whole history, and a receipt. */
async function historyOf(source: LogSource) {
  const log = new ChainedLog(source);
  const events: ChainedEvent[] = [];
  for (;;) {
    const part = await log.next(0);
    if (!part.ok) return part;
    events.push(...part.value.events);
    const { end } = part.value;
    if (!end) continue;
    const { status, runAttempt, workflow } = end;
    const claims: Omit<ReceiptClaims, "format" | "key_id"> = {
      execution_id: ACTED_ON,
      workflow,
      run_attempt: runAttempt,
      status,
      events: log.head.seq,
      head: log.head.hash,
      signed_at: "2026-11-29T12:00:00.000Z",
    };
    const receipt = await KEYS.sign(claims);
    return success({ execution_id: ACTED_ON, data: JSON.parse(JSON.stringify(events)), receipt: { ...receipt } });
  }
}

const once = { retry: { maxAttempts: 1 } };
const GATE: StepDefinition = { kind: "wait", id: "gate", until: { event: "go" } };
const versionOf = (version: string, steps: StepDefinition[]): PlanSource => {
  const { definition, pins } = planOf(steps, { version });
  return { definition, pins };
};
const named = (name: string) => [{ ...actionStep("first"), name }, GATE, actionStep("down", once)];
const FIRST = versionOf("1.0.0", named("First"));
const SECOND = versionOf("2.0.0", [...named("Renamed").slice(0, 2), actionStep("added"), actionStep("down", once)]);
const KEY_JSON = () => JSON.parse(JSON.stringify(KEYS.published));

/** Runs, is migrated, fails, is retried with yet another version, completes; answers the histories on the way. */
async function lived(seed: number) {
  const schedule = new ActingSchedule(seed, ({ path, idempotencyKey, input }) =>
    path === "down" && idempotencyKey.startsWith(`${ACTED_ON}:1:`) ? failed("BACKEND_ERROR") : ok(input),
  );
  const { object } = schedule;
  const histories: Awaited<ReturnType<typeof historyOf>>[] = [];
  const look = async () => histories.push(await historyOf(sourceOf(object)));
  await schedule.start(FIRST);
  await schedule.until("waiting", 1);
  await look();
  const act = { key: "secret-looking-key", body: "same" };
  const move = { digest: "two", source: SECOND, actor: "key_mover", act };
  await schedule.ask((cell) => cell.migrate(ACTED_ON, move));
  await look();
  await schedule.ask((cell) => cell.act(ACTED_ON, { type: "signal", name: "go", payload: 1, id: "once" }));
  await schedule.until("failed", 1);
  await look();
  const retry = { type: "retry" as const, actor: "key_retrier", act: { ...act, key: "another-key" }, plan: "one" };
  await schedule.ask((cell) => cell.act(ACTED_ON, retry, FIRST));
  await schedule.until("completed", 2);
  await look();
  return { object, histories };
}

test("receipts of an execution that was killed, migrated and retried are prefixes of each other, and each verifies", async () => {
  for (let seed = 1; seed <= 6; seed++) {
    const { histories } = await lived(seed);
    const name = `seed ${seed}`;
    const values = histories.map((history) =>
      history.ok ? history.value : expect.fail(`${name}: ${history.message}`),
    );
    const last = values.at(-1);
    const seen = [];
    for (const { receipt } of values) {
      const { events } = receipt;
      const verified = await verifyHistory({ ...last!, data: last!.data.slice(0, events), receipt }, KEY_JSON());
      expect(verified, name).toMatchObject({ ok: true });
      seen.push([receipt.status, receipt.run_attempt, receipt.workflow.version]);
    }
    expect(seen, name).toEqual([
      ["waiting", 1, "1.0.0"],
      ["waiting", 1, "2.0.0"],
      ["failed", 1, "2.0.0"],
      ["completed", 2, "1.0.0"],
    ]);
  }
});

test("an event shows the version that it was lived with, whatever the execution goes on with, and no key of an act", async () => {
  const { object, histories } = await lived(1);
  const last = histories.at(-1);
  const data: { step_path: string; step_name: string; type: string }[] = last?.ok ? last.value.data : [];
  const names = data.filter(({ step_path }) => step_path === "first").map(({ step_name }) => step_name);
  expect([...new Set(names)]).toEqual(["First"]);
  expect(data.filter(({ type }) => type === "workflow.migrated" || type === "workflow.retried").length).toBe(2);
  expect(JSON.stringify(data)).not.toMatch(/secret-looking-key|another-key|"act"/);
  // Polling and streams show the same.
  const polled = object.cell.events.page(ACTED_ON, 0)?.events.filter(({ step_path }) => step_path === "first");
  expect(polled?.map(({ step_name }) => step_name)).toEqual(names);
});

test("a chain begins where one ended before, and a log that does not lead there any more is refused", async () => {
  const { object } = await lived(1);
  const source = sourceOf(object);
  const log = new ChainedLog(source);
  for (let part = await log.next(0); part.ok && !part.value.end; part = await log.next(0));
  await log.keep(true);
  const total = source.reads;
  const next = new ChainedLog(source);
  expect(await next.next(Number.MAX_SAFE_INTEGER)).toMatchObject({ ok: true, value: { events: [] } });
  expect(source.reads).toBe(total);
  expect(next.head).toEqual(log.head);
  object.database
    .prepare("UPDATE log SET events = replace(events, 'key_mover', 'key_other') WHERE execution = ?")
    .run(ACTED_ON);
  expect(await historyOf(source)).toMatchObject({
    ok: false,
    code: "INTERNAL_ERROR",
    details: { execution_id: ACTED_ON, event: log.head.seq },
  });
});

test("a large output stands in the history whole, and looks the same while it is here, after the end and from the archive", async () => {
  const body = `x${"🦔".repeat(320_000)}`;
  const { definition, pins } = planOf([actionStep("large"), { kind: "wait", id: "gate", until: { event: "go" } }]);
  const cell = new ArchivingCell(0, () => ok({ body }));
  await cell.startSource(ACTED_ON, { definition, pins });
  const look = async () => {
    const history = await cell.ask(async (it) => {
      await it.retention.bring(ACTED_ON);
      return historyOf(sourceOf(cell.object));
    });
    if (!history.ok) expect.fail(history.message);
    expect(await verifyHistory(history.value, KEY_JSON())).toMatchObject({ ok: true });
    return history.value.data;
  };
  while ((await cell.ask((it) => it.get(ACTED_ON)))?.status !== "waiting") await cell.object.step();
  const waiting = await look();
  expect(JSON.stringify(waiting)).toContain(body);
  await cell.ask((it) => it.act(ACTED_ON, { type: "signal", name: "go", payload: null, id: "once" }));
  while (!(await cell.ask((it) => it.get(ACTED_ON)))?.finished_at) await cell.object.step();
  await cell.drain();
  const ended = await look();
  expect(ended.slice(0, waiting.length)).toEqual(waiting);
  cell.pass(2 * RETENTION_MS);
  await cell.round();
  expect(cell.stored()).toEqual([]);
  expect(await look()).toEqual(ended);
});
