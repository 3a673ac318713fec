import { expect, test } from "vitest";
import { ArchivingCell } from "./archiving-cell.ts";

const FINISHED = 100_000;
const STARTS = 200;

/** A cell that has as many executions that ended, copies of one. */
async function cellWith(finished: number): Promise<ArchivingCell> {
  const cell = new ArchivingCell();
  await cell.run({ exec_first: "leaf" });
  cell.object.kill();
  const { database } = cell.object;
  const columns = (table: string) =>
    database
      .prepare(`SELECT name FROM pragma_table_info('${table}')`)
      .all()
      .map(({ name }) => String(name));
  const copied = (table: string, own: Record<string, string>) => {
    const names = columns(table);
    database.exec(`INSERT INTO ${table} (${names.join(", ")})
      WITH RECURSIVE n(i) AS (SELECT 10 UNION ALL SELECT i + 1 FROM n WHERE i < ${finished + 9})
      SELECT ${names.map((name) => own[name] ?? `it.${name}`).join(", ")} FROM n, (SELECT * FROM ${table}) AS it`);
  };
  if (finished > 0) {
    copied("log", { execution: "'exec_old_' || i" });
    copied("executions", { id: "'exec_old_' || i", change: "i" });
    database.exec(`INSERT OR REPLACE INTO facts VALUES ('outbox_acked', '${finished + 9} ${finished + 9}')`);
  }
  return cell;
}

/** Milliseconds from the boot of the object to its first answer, and of a start to its end; the best of several. */
async function times(cell: ArchivingCell): Promise<{ boot: number; run: number; read: number }> {
  const best = { boot: Infinity, run: Infinity, read: Infinity };
  for (let at = 0; at < 5; at++) {
    cell.object.kill();
    const begun = performance.now();
    await cell.object.cell.get("exec_first");
    best.boot = Math.min(best.boot, performance.now() - begun);
  }
  for (let at = 0; at < STARTS; at++) {
    const begun = performance.now();
    await cell.start(`exec_new_${at}`, "leaf");
    best.run = Math.min(best.run, performance.now() - begun);
    const asked = performance.now();
    await cell.object.cell.readEvents("exec_first", 0);
    best.read = Math.min(best.read, performance.now() - asked);
  }
  return best;
}

test(`a cell with ${FINISHED} executions that ended starts in milliseconds and answers as an empty one`, async () => {
  const empty = await times(await cellWith(0));
  const full = await times(await cellWith(FINISHED));
  const ratio = (name: keyof typeof full) =>
    `${name} ${(full[name] / empty[name]).toFixed(2)} (${full[name].toFixed(2)} ms)`;
  console.info(`a full cell against an empty one: ${ratio("boot")}, ${ratio("run")}, ${ratio("read")}`);
  expect(full.boot).toBeLessThan(20);
  // A tree of 100,000 rows is a level deeper than one of ten: never a hundred times the work.
  for (const name of ["boot", "run", "read"] as const) expect(full[name], name).toBeLessThan(3 * empty[name] + 1);
}, 120_000);
