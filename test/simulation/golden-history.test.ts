import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { success } from "../../contracts/errors.ts";
import { EVENT_TYPES } from "../../contracts/event-types.ts";
import type { Json } from "../../engine/json.ts";
import { verifyHistory } from "../../receipts/verify-history.ts";
import { ChainedLog, type ChainedEvent } from "../../workers/services/history/chained-log.ts";
import { SimulatedObject } from "./simulated-object.ts";

/*
 * Histories of an earlier release: `receipts/golden`. What was signed then must verify now, and the log that was stored then must look now as
 * it looked. A change that turns these red breaks receipts that users hold: it needs a version 2 of the form beside the first. The files
 * are never made anew.
 */

interface StoredLog {
  execution: { id: string; plan: string; head: string; status: string };
  plans: { digest: string; source: string }[];
  log: { seq: number; at: number; events: string }[];
}

const golden = (name: string) =>
  JSON.parse(readFileSync(join(import.meta.dirname, "../../receipts/golden", name), "utf8"));
const KEYS: Json = golden("receipt-keys.json");
/** The first release's, and those of kinds of events that came later: acts that changed nothing. */
const GOLDEN = [
  ["stored-log.json", "history.json"],
  ["noted-stored-log.json", "noted-history.json"],
] as const;

test.each(GOLDEN)("a history and its receipt of an earlier release verify (%s)", async (_stored, lived) => {
  const history = golden(lived);
  expect(await verifyHistory(history, KEYS)).toEqual({
    ok: true,
    receipt: expect.objectContaining({ events: history.data.length }),
  });
});

test.each(GOLDEN)(
  "a log that an earlier release stored gives the events and hashes that it gave then (%s)",
  async (kept, lived) => {
    const stored: StoredLog = golden(kept);
    const object = new SimulatedObject({
      kill: () => false,
      plugin: () => null,
      hint: () => undefined,
      report: () => undefined,
    });
    object.storage.prepare();
    const { id, plan, head, status } = stored.execution;
    for (const { digest, source } of stored.plans) object.storage.putPlan(digest, source);
    object.database
      .prepare(
        "INSERT INTO executions (id, plan, head, status, created_at, finished_at, change, projection) VALUES (?, ?, ?, ?, 0, 1, 1, '{}')",
      )
      .run(id, plan, head, status);
    for (const { seq, at, events } of stored.log)
      object.database
        .prepare("INSERT INTO log (execution, seq, at, events) VALUES (?, ?, ?, ?)")
        .run(id, seq, at, events);
    const log = new ChainedLog({
      executionId: id,
      read: async (after, exact) => {
        const part = object.cell.events.history(id, after, exact);
        return part ? success(part) : expect.fail("it is gone");
      },
      keep: async () => undefined,
    });
    const events: ChainedEvent[] = [];
    for (let end = false; !end; ) {
      const part = await log.next(0);
      if (!part.ok) expect.fail(part.message);
      events.push(...part.value.events);
      end = part.value.end !== null;
    }
    expect(JSON.parse(JSON.stringify(events))).toEqual(golden(lived).data);
  },
);

test("the golden logs hold every kind of event that the engine records", () => {
  const types = new Set(GOLDEN.flatMap(([, lived]) => golden(lived).data.map(({ type }: { type: string }) => type)));
  // A kind that is newer than the files: add a golden log of its own.
  expect(EVENT_TYPES.filter((type) => !types.has(type))).toEqual(["step.queued"]);
});
