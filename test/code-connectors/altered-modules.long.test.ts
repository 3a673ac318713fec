import { readdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runInline, send } from "../platform/api-client.ts";
import { startTestPlatform, type TestPlatform } from "../support/test-platform.ts";

/* What a plan pinned is what runs: modules that were changed where they are stored do not (threat T23). */

let platform: TestPlatform;

beforeAll(async () => {
  platform = await startTestPlatform({ services: false });
});
afterAll(() => platform?.close());

const HARMLESS = "export const act = () => 'as it was published';";
const DEFINITION = { name: "code", steps: [{ id: "call", connector: "connector:acme/stored@1.0.0", action: "act" }] };

/** Changes the stored text in every tenant object's file; answers in how many rows it stood. */
function alter(from: string, to: string): number {
  const folder = join(platform.platform.dataDir, "objects/do/smartify-platform-Tenant");
  let rows = 0;
  for (const file of readdirSync(folder).filter((name) => /^[0-9a-f]{64}\.sqlite$/.test(name))) {
    const database = new DatabaseSync(join(folder, file));
    // An object that was asked and never written to has no tables.
    const holds = database.prepare("SELECT 1 FROM sqlite_master WHERE name = 'code_modules'").get() !== undefined;
    const change = "UPDATE code_modules SET modules = replace(modules, ?, ?) WHERE instr(modules, ?)";
    if (holds) rows += Number(database.prepare(change).run(from, to, from).changes);
    database.close();
  }
  return rows;
}

test("modules that were altered where they are stored are refused with an error that says so, and never run", async () => {
  await send(platform, "POST", "/connectors", {
    connector: { type: "connector", kind: "code", name: "stored", namespace: "acme", version: "1.0.0" },
    actions: [{ name: "act", handler: { code: { module: HARMLESS } } }],
  });
  const before = await runInline(platform, DEFINITION, "async");
  expect(before.steps[0]?.output).toBe("as it was published");
  await platform.platform.kill();
  expect(alter("as it was published", "something else")).toBe(1);
  await platform.restart();
  const altered = await runInline(platform, DEFINITION, "async");
  expect(altered).toMatchObject({
    status: "failed",
    error: { code: "INTERNAL_ERROR", message: expect.stringContaining("not those that were published") },
  });
  expect(JSON.stringify(altered)).not.toContain("something else");
  // As it was, it runs again: what was refused was not remembered.
  await platform.platform.kill();
  expect(alter("something else", "as it was published")).toBe(1);
  await platform.restart();
  expect((await runInline(platform, DEFINITION, "async")).steps[0]?.output).toBe("as it was published");
});
