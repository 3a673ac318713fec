import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { startPlatform } from "../../scripts/platform/start-platform.ts";
import { readWorld, unpackData } from "../old-builds/data-pack.ts";
import { OldDataJudge } from "../old-builds/judge-old-data.ts";
import { OldService } from "../old-builds/old-service.ts";

/*
 * F34: what earlier builds left when they were killed, whole: objects, Postgres, secrets. Each fixture says what must come of it; how
 * the next one is made: docs/decisions/0031-releases-and-old-data.md. OLD_FIXTURES names another folder of them.
 */

const FOLDER = process.env.OLD_FIXTURES ?? join(import.meta.dirname, "../old-builds/fixtures");
const fixtures = readdirSync(FOLDER).filter((name) => name.endsWith(".tgz"));
const undo: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

test.each(fixtures)(
  "what the build of %s left when it was killed goes on with this one, and ends as it would have",
  async (name) => {
    const dataDir = mkdtempSync(join(tmpdir(), "smartify-old-data-"));
    undo.push(() => rmSync(dataDir, { recursive: true, force: true }));
    await unpackData(join(FOLDER, name), dataDir);
    const service = await OldService.start("new");
    undo.push(() => service.close());
    const platform = await startPlatform({ dataDir, hosts: service.hosts, services: false, sweepMs: 3_000 });
    undo.push(() => platform.kill());
    expect(await new OldDataJudge(readWorld(dataDir), service, platform).judge()).toEqual([]);
  },
);
