import { expect, test } from "vitest";
import { actionStep, ok, planOf } from "../../engine/testing.ts";
import { ReceiptKeys } from "../../receipts/receipt-keys.ts";
import { verifyHistory } from "../../receipts/verify-history.ts";
import type { Context, Ports } from "../../workers/services/context.ts";
import { getHistory } from "../../workers/services/history/get-history.ts";
import { getReceipt } from "../../workers/services/history/get-receipt.ts";
import { ACTED_ON, ActingSchedule } from "./acting-schedule.ts";
import { START } from "./simulated-object.ts";
import { TEST_RECEIPT_KEYS } from "./test-receipt-keys.ts";

const KEYS = new ReceiptKeys(TEST_RECEIPT_KEYS);
const PUBLISHED = JSON.parse(JSON.stringify(KEYS.published));

/** A cell with one execution of more than a thousand events, and the service that reads it. */
async function world(receiptKeys?: ReceiptKeys) {
  const schedule = new ActingSchedule(1, ({ input }) => ok(input));
  const { object } = schedule;
  const { definition, pins } = planOf([
    actionStep("each", { forEach: "{{ range(700) }}", parallel: true, maxConcurrency: 50, input: "{{ item }}" }),
  ]);
  await schedule.start({ definition, pins });
  await schedule.until("completed", 1);
  const executionId = ACTED_ON;
  let read = 0;
  const tasks: Promise<unknown>[] = [];
  const cell = {
    readHistory: async (id: string, after: number, exact: boolean, upTo: number) => {
      const part = object.cell.events.history(id, after, exact, upTo);
      read += part?.events.length ?? 0;
      return part;
    },
    keepLinks: async (id: string, links: never) => object.cell.events.keepLinks(id, links),
  };
  const placement = { locate: () => "cell" };
  const ports = { placement, cell: () => cell, receiptKeys, now: () => START };
  const caller = {
    tenantId: "ten_simulated",
    environment: "test" as const,
    keyId: "key",
    scopes: [],
    roles: [],
    permissions: [],
  };
  const context: Context = { ports: ports as unknown as Ports, caller, background: (task) => void tasks.push(task) };
  /** How many events were read for that, once everything it began is done. */
  const readFor = async <T>(work: () => Promise<T>): Promise<[T, number]> => {
    const before = read;
    const result = await work();
    await Promise.all(tasks.splice(0));
    return [result, read - before];
  };
  return { context, executionId, readFor };
}

test("a long history is read in pages that begin behind a kept link, and a receipt reads only what is new", async () => {
  const { context, executionId, readFor } = await world(KEYS);
  const data = [];
  let receipt = null;
  for (let after = 0, pages = 0; ; pages++) {
    const [page, read] = await readFor(() => getHistory(context, executionId, { after, limit: 700 }));
    if (!page.ok) expect.fail(page.message);
    data.push(...page.value.data);
    // The second and the third begin with the links at 500 and at 1,000.
    expect(read).toBe(pages === 0 ? 700 : data.length - Math.floor(after / 500) * 500);
    after = page.value.last;
    receipt = page.value.receipt;
    if (!page.value.has_more) break;
    expect(receipt).toBeNull();
  }
  expect(data.length).toBeGreaterThan(1_200);
  const history = { execution_id: executionId, data: JSON.parse(JSON.stringify(data)), receipt: { ...receipt } };
  expect(await verifyHistory(JSON.parse(JSON.stringify(history)), PUBLISHED)).toMatchObject({ ok: true });
  const [alone, read] = await readFor(() => getReceipt(context, executionId));
  expect(alone).toEqual({ ok: true, value: receipt });
  expect(read).toBe(0);
});

test("without a key there is a history, and no receipt", async () => {
  const { context, executionId, readFor } = await world();
  const [page] = await readFor(() => getHistory(context, executionId, { after: 1_400, limit: 1_000 }));
  expect(page).toMatchObject({ ok: true, value: { has_more: false, receipt: null } });
  expect(await getReceipt(context, executionId)).toMatchObject({ ok: false, code: "UNAVAILABLE" });
});
