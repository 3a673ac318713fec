import { compareBuild, compare } from "semver";
import { expect, test } from "vitest";
import { versionKey } from "./version-key.ts";

const IDENTIFIERS = [
  "0",
  "1",
  "2",
  "10",
  "11",
  "alpha",
  "alpha1",
  "alpha-1",
  "beta",
  "rc",
  "A",
  "x-",
  "a",
  "ab",
  "a-b",
];

test("keys sort as versions do", () => {
  const versions = ["0.0.0", "0.0.1", "0.1.0", "1.0.0", "1.0.10", "1.0.9", "1.9.0", "1.10.0", "2.0.0", "10.0.0"];
  for (const a of IDENTIFIERS) {
    versions.push(`1.0.0-${a}`);
    for (const b of IDENTIFIERS) versions.push(`1.0.0-${a}.${b}`);
  }
  const byKey = [...versions].sort((a, b) => (versionKey(a) < versionKey(b) ? -1 : 1));
  expect(byKey).toEqual([...versions].sort(compareBuild));
  for (const a of versions)
    for (const b of versions)
      expect([a, b, Math.sign(compare(a, b))]).toEqual([
        a,
        b,
        versionKey(a) === versionKey(b) ? 0 : versionKey(a) < versionKey(b) ? -1 : 1,
      ]);
});

test("build metadata does not count", () => expect(versionKey("1.2.3+b1")).toBe(versionKey("1.2.3")));
