import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { checkArrows } from "./check-arrows.ts";
import { checkCycles } from "./check-cycles.ts";
import { checkDocPaths } from "./check-doc-paths.ts";
import { checkFiles } from "./check-files.ts";
import { checkPurity } from "./check-purity.ts";
import { listFiles, readSources, type Violation } from "./source-file.ts";

const root = join(import.meta.dirname, "../..");
const sources = readSources(root);

/** One line per violation, so that a failure reads as a list to mend. */
function lines(violations: Violation[]): string[] {
  return violations.map(({ path, line, message }) => `${path}:${line} ${message}`);
}

test("the tree has the rooms this test is about", () => {
  expect(sources.length).toBeGreaterThan(20);
  expect(sources.some(({ path }) => path.startsWith("engine/"))).toBe(true);
});

test("no file imports what the arrows of rooms.ts do not allow", () => {
  expect(lines(checkArrows(sources))).toEqual([]);
});

test("no value import goes in a circle", () => {
  expect(lines(checkCycles(sources))).toEqual([]);
});

test("no source file is over the length limit or has an empty name", () => {
  expect(lines(checkFiles(sources))).toEqual([]);
});

test("the engine reads no clock and no chance", () => {
  const engine = sources.filter(({ path }) => path.startsWith("engine/") && !path.endsWith(".test.ts"));
  expect(lines(checkPurity(engine))).toEqual([]);
});

test("every path and script that the documents name exists", () => {
  const paths = listFiles(root);
  const documents = paths.filter((path) => path.endsWith(".md") && (!path.includes("/") || path.startsWith("docs/")));
  const texts = documents.map((path) => ({ path, text: readFileSync(join(root, path), "utf8") }));
  const scripts = Object.keys(JSON.parse(readFileSync(join(root, "package.json"), "utf8")).scripts);
  expect(lines(checkDocPaths(texts, paths, scripts))).toEqual([]);
});
