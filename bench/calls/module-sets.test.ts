import { expect, test } from "vitest";
import { modulesDigest } from "../../connectors/code/modules-digest.ts";
import { newModuleSets } from "./module-sets.ts";

const MODULES = { "add.js": "export const add = () => 1;" };

test("new modules are different in every turn, and stand under their own digest", () => {
  const sets = [0, 1, 2].flatMap((turn) => newModuleSets(MODULES, turn, 4));
  expect(new Set(sets.map(({ digest }) => digest)).size).toBe(12);
  for (const { digest, modules } of sets) {
    expect(digest).toBe(modulesDigest(modules));
    expect(modules["add.js"]).toContain(MODULES["add.js"]);
  }
});
