import { expect, test } from "vitest";
import type { Cell } from "../../durable-objects/coordinator/cell.ts";
import { ArchivingCell, DAY_MS, RETENTION_MS } from "./archiving-cell.ts";

/** Reads every row, and may: once a day, and for the purge of what was started with a definition of its own. */
const MAY_SCAN = [/^DELETE FROM plans\b/];
/** What is not over, and what these hold beside is as much as is under way. */
const UNDER_WAY =
  /INDEX (executions_awake|executions_by_parent|executions_due)|\b(start_queue|held_by_budget|returned|left_plans)\b/;

/** What a cell is asked in its life. */
async function live(cell: ArchivingCell): Promise<void> {
  await cell.run({ exec_leaf: "leaf", exec_parent: "parent", exec_broken: "broken", exec_endless: "endless" });
  cell.object.kill();
  await cell.start("exec_leaf", "leaf");
  const ask = <T>(question: (it: Cell) => Promise<T>) => cell.ask(question);
  await ask((it) => it.getStep("exec_parent", "first"));
  await ask((it) => it.getStep("exec_parent", "not[1]"));
  await ask((it) => it.readEvents("exec_parent", 0));
  await ask((it) => it.planOf("exec_parent"));
  await ask(async (it) => it.setFeed({ version: 1, wish: { types: "all" } }));
  await ask((it) => it.act("exec_endless", { type: "pause", actor: "key" }));
  await ask((it) => it.act("exec_endless", { type: "resume", actor: "key" }));
  await ask((it) => it.claimKey("other", "cell", "own"));
  await ask(async (it) => it.loggedUsage({ after: "", limit: 10 }));
  await ask(async (it) => it.traces(["exec_leaf"]));
  await ask(async (it) => it.isLive("exec_leaf"));
  cell.repaired = true;
  await ask((it) => it.act("exec_broken", { type: "retry", actor: "key" }));
  await cell.drain();
  await ask(async (it) => it.onAlarm());
  await ask(async (it) => it.tick(RETENTION_MS));
  cell.pass(2 * RETENTION_MS);
  await cell.round();
  await ask((it) => it.get("exec_leaf"));
  cell.pass(DAY_MS);
  await cell.round();
  await ask((it) => it.retention.purge("exec_parent", "key"));
  await ask((it) => it.retention.duePurges());
  await ask(async (it) => it.retention.purged(["exec_parent"]));
}

test("nothing that a cell does reads every execution that it has, or every row of their logs", async () => {
  const cell = new ArchivingCell();
  const queries = new Set<string>();
  cell.object.failsOn = (query) => {
    queries.add(query);
    return false;
  };
  await live(cell);
  const { database } = cell.object;
  const scans = [...queries].flatMap((query) => {
    if (!/^\s*(SELECT|UPDATE|DELETE|INSERT)/i.test(query) || MAY_SCAN.some((it) => it.test(query))) return [];
    if (query.includes(";")) return [];
    return database
      .prepare(`EXPLAIN QUERY PLAN ${query}`)
      .all(...Array.from({ length: query.split("?").length - 1 }, () => null))
      .map(({ detail }) => String(detail))
      .filter(
        (detail) =>
          detail.startsWith("SCAN") &&
          !UNDER_WAY.test(detail) &&
          !/json_each|CONSTANT ROW|sqlite_master|migrations/.test(detail),
      )
      .map((detail) => `${detail}: ${query}`);
  });
  expect(queries.size).toBeGreaterThan(60);
  expect(scans).toEqual([]);
});
