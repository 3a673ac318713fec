import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { type Platform, startPlatform } from "../../scripts/platform/start-platform.ts";
import { beginWorld } from "../old-builds/begin-world.ts";
import { OldDataJudge } from "../old-builds/judge-old-data.ts";
import { ALL_OBJECTS, mixedEntry, type OfLast } from "../old-builds/mixed-entry.ts";
import { OldClient } from "../old-builds/old-client.ts";
import { OldService } from "../old-builds/old-service.ts";
import type { OldWorldFile } from "../old-builds/world-file.ts";

/* F35, F36: the release before this one (test/old-builds/fixtures/last-release.js.br) over new data, and beside new objects. */

/** Seconds: what is to come while the second build runs. */
const AHEAD = 35;
const undo: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

/** A data folder, on which one mixture of builds runs after the other. */
async function oneFolder() {
  const dataDir = mkdtempSync(join(tmpdir(), "smartify-two-builds-"));
  undo.push(() => rmSync(dataDir, { recursive: true, force: true }));
  const service = await OldService.start("old");
  undo.push(() => service.close());
  let platform: Platform | undefined;
  undo.push(() => platform?.kill());
  const run = async (name: string, ofLast: OfLast): Promise<Platform> => {
    // What was held by the first goes on as soon as the next is there.
    if (platform) service.build = "new";
    await platform?.kill();
    const entries = { platform: mixedEntry(name, ofLast) };
    platform = await startPlatform({ dataDir, hosts: service.hosts, services: false, sweepMs: 3_000, entries });
    return platform;
  };
  const begin = async (name: string, ofLast: OfLast): Promise<OldWorldFile> => {
    const world = await beginWorld(await run(name, ofLast), service, AHEAD);
    return { commit: "", madeAt: new Date().toISOString(), ...world };
  };
  const judge = (world: OldWorldFile, on: Platform): Promise<string[]> => new OldDataJudge(world, service, on).judge();
  return { run, begin, judge };
}

const WHOLE: OfLast = ["API", ...ALL_OBJECTS];
const CELLS: OfLast = ["Coordinator", "Triggers", "Services", "Relay"];
const OTHERS: OfLast = ALL_OBJECTS.filter((part) => !CELLS.includes(part));

// As a deployment goes: each part from the release before to this one, and never back.
const DEPLOYMENTS: [string, OfLast, OfLast][] = [
  ["its API and cells, then its API", ["API", ...CELLS], ["API"]],
  ["its objects, then those that are no cells", ALL_OBJECTS, OTHERS],
];

test.each(DEPLOYMENTS)(
  "with the release before in part, %s, all goes on and ends as it would have",
  async (name, first, second) => {
    const folder = await oneFolder();
    const world = await folder.begin(`${name.length}-first`, first);
    expect(await folder.judge(world, await folder.run(`${name.length}-second`, second))).toEqual([]);
  },
);

test("the release before finishes what this one began, or says why it cannot and leaves it to this one", async () => {
  const folder = await oneFolder();
  const world = await folder.begin("this", []);
  const last = await folder.run("last", WHOLE);
  const client = new OldClient(last.url, world.tenant.apiKey);
  const { status } = await client.ask("GET", `/workflows/executions/${world.executions[0]?.id}`);
  if (status === 200) {
    expect(await folder.judge(world, last)).toEqual([]);
    return;
  }
  for (const { id, narrow, label } of world.executions) {
    const { apiKey } = narrow ? world.narrow : world.tenant;
    const answer = await new OldClient(last.url, apiKey).ask("GET", `/workflows/executions/${id}`);
    expect(answer, label).toMatchObject({ status: 503, body: { code: "UNAVAILABLE" } });
  }
  expect(await folder.judge(world, await folder.run("this", []))).toEqual([]);
});
