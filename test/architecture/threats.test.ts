import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { PLANTS } from "../threats/plants.ts";

/* Each row of the threat table has a case, and each case a fault that it was seen to fail on: `test/threats/see-red.ts` does it again. */

const ROOT = join(import.meta.dirname, "../..");
const THREATS = [1, 2, 3, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 20, 23, 24, 25, 26, 27, 28].map((row) => `T${row}`);
const read = (path: string) => readFileSync(join(ROOT, path), "utf8");

test("every threat has a case, and a planted fault", () => {
  const met = new Set(PLANTS.map(({ threat }) => threat));
  expect(THREATS.filter((threat) => !met.has(threat))).toEqual([]);
});

describe.each(PLANTS)("$threat: $fault", ({ test: file, within = file, name, file: source, from, to, also, fault }) => {
  test("its case is there, what is to be taken away stands once, and the table has both", () => {
    expect(read(within)).toContain(`"${name}`);
    expect(read(source).split(from)).toHaveLength(2);
    expect(to).not.toBe(from);
    if (also) expect(read(also.file).split(also.from)).toHaveLength(2);
    const table = read("docs/design/threats.md");
    expect(table).toContain(`| \`${file}\` | ${name} | \`${source}\`: ${fault} |`);
  });
});
