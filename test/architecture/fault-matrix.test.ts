import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { FAULT_POINTS } from "../../durable-objects/coordinator/fault-point.ts";
import { BESIDE, MATRIX, WANTED_ROWS } from "../faults/matrix.ts";

const ROOT = join(import.meta.dirname, "../..");
const rows = Object.entries(MATRIX);

/** Titles of the tests of a file, as it writes them. */
function titlesOf(file: string): string[] {
  const path = join(ROOT, file);
  if (!existsSync(path)) return [];
  const text = readFileSync(path, "utf8");
  const title = /(?:"((?:[^"\\]|\\.)*)"|`((?:[^`\\]|\\.)*)`)/;
  const call = new RegExp(`\\btest(?:\\.concurrent)?(?:\\.(?:each|for)\\([\\s\\S]*?\\))?\\(\\s*${title.source}`, "g");
  return [...text.matchAll(call)].map(([, quoted, template]) => quoted ?? template ?? "");
}

/** Folders whose tests the suites of vitest.config.ts collect; what takes minutes is collected wherever it stands. */
const COLLECTED =
  /^(test|scripts|engine|connectors|vault|receipts|contracts|workers|durable-objects|examples|bench)\/.*\.test\.ts$/;

test("the matrix has the rows that it promises, each shown by a case that exists and that a suite collects", () => {
  expect(rows.map(([row]) => row).toSorted()).toEqual([...WANTED_ROWS].toSorted());
  const missing = rows.flatMap(([row, { shownBy }]) => [
    ...(shownBy.length === 0 ? [`${row} is shown by nothing`] : []),
    ...shownBy.flatMap(({ file, title }) => [
      ...(titlesOf(file).includes(title) ? [] : [`${row}: ${file} has no test "${title}"`]),
      ...(COLLECTED.test(file) ? [] : [`${row}: no suite runs ${file}`]),
    ]),
  ]);
  expect(missing).toEqual([]);
});

test("the suites collect what is said of them here", () => {
  const config = readFileSync(join(ROOT, "vitest.config.ts"), "utf8");
  for (const pattern of [
    "{engine,connectors,vault,receipts,contracts,workers,durable-objects,examples,bench}/**/*.test.ts",
    "scripts/**/*.test.ts",
    "test/**/*.test.ts",
    "**/*.long.test.ts",
    "test/{faults,http,triggers}/**/*.long.test.ts",
  ])
    expect(config).toContain(`"${pattern}"`);
  for (const part of ["...Object.values(MATRIX).flatMap(", "...PLANTS.map(", "include: FAULTS", "...FAULTS]"])
    expect(config).toContain(part);
  const gate = readFileSync(join(ROOT, ".ci/run"), "utf8");
  for (const suite of ["test", "test:faults"]) expect(gate).toMatch(new RegExp(`^suite \\d+ ${suite}$`, "m"));
});

test("each named point of the coordinator is one of the matrix's", () => {
  const named = new Set([
    ...BESIDE,
    ...rows.flatMap(([, { shownBy }]) => shownBy.flatMap(({ points = [] }) => points)),
  ]);
  expect(FAULT_POINTS.filter((point) => !named.has(point))).toEqual([]);
});

test("the matrix as a table", () => {
  const width = Math.max(...rows.map(([, { fault }]) => fault.length));
  const lines = rows.map(([row, { fault, expected, shownBy }]) => {
    const points = shownBy.flatMap((shown) => shown.points ?? []).length;
    const cases = `${shownBy.length} case${shownBy.length === 1 ? "" : "s"}${points > 0 ? `, ${points} points` : ""}`;
    return `${row.padEnd(4)} ${fault.padEnd(width)}  ${expected}  [${cases}]`;
  });
  console.log(lines.join("\n"));
  expect(lines).toHaveLength(WANTED_ROWS.length);
});
