import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { ExecutionMode, ExecutionRecord } from "../../contracts/execution.ts";
import { startTestPlatform, type TestPlatform } from "../support/test-platform.ts";
import { runInline } from "./api-client.ts";
import { executionsByObject } from "./object-files.ts";

/*
 * Isolated mode, seen from outside (section 11): its plugin code runs in an isolate that serves no other execution, its state
 * lies in an object that holds no other. The shared toolbox is one whose isolate gives itself away (marked-toolbox.ts).
 */

const DEFINITION = {
  name: "three sums",
  steps: [
    { id: "one", connector: "connector:community/calculator", action: "add", input: { a: 1, b: 1 } },
    {
      id: "two",
      connector: "connector:community/calculator",
      action: "add",
      input: { a: 1, b: "{{ steps.one.output.result }}" },
    },
    {
      id: "many",
      connector: "connector:community/calculator",
      action: "add",
      for_each: [1, 2, 3, 4],
      parallel: true,
      input: { a: "{{ item }}", b: 1 },
    },
  ],
};
const RUNS = 4;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

const dataDir = mkdtempSync(join(tmpdir(), "smartify-isolated-"));
let platform: TestPlatform;

beforeAll(async () => {
  platform = await startTestPlatform({
    dataDir,
    services: false,
    entries: { toolbox: "test/workers/marked-toolbox.ts" },
  });
});
afterAll(async () => {
  await platform?.close();
  rmSync(dataDir, { recursive: true, force: true });
});

async function run(mode: ExecutionMode): Promise<ExecutionRecord> {
  const record = await runInline(platform, DEFINITION, mode);
  expect(record.error).toBeUndefined();
  expect(record).toMatchObject({ status: "completed", execution_mode: mode });
  return record;
}

/** The isolates that a record names, and how many of its rows name one. */
function isolatesOf({ steps }: ExecutionRecord): { isolates: string[]; rows: number } {
  const named = steps.flatMap(({ isolate }) => (isolate === undefined ? [] : [isolate]));
  return { isolates: [...new Set(named)], rows: named.length };
}

test("isolated executions that run at once each have an isolate and an object that no other execution has", async () => {
  const all = Array.from({ length: RUNS }, () => [run("isolated"), run("async")]).flat();
  const records = await Promise.all(all);
  const isolated = records.filter(({ execution_mode }) => execution_mode === "isolated");
  const others = records.filter(({ execution_mode }) => execution_mode === "async");

  const ids = new Set<string>();
  for (const record of isolated) {
    const { isolates, rows } = isolatesOf(record);
    expect(isolates, "one isolate for all six calls").toEqual([expect.stringMatching(UUID)]);
    expect(rows).toBe(6);
    for (const id of isolates) ids.add(id);
  }
  expect(ids.size, "an isolate for each execution").toBe(RUNS);
  for (const record of others) expect(isolatesOf(record).rows).toBe(0);

  await platform.platform.stop();
  const objects = [...executionsByObject(dataDir).values()];
  for (const { execution_id } of isolated) expect(objects).toContainEqual([execution_id]);
  expect(objects).toContainEqual(others.map(({ execution_id }) => execution_id).sort());
  expect(objects).toHaveLength(RUNS + 1);
});
