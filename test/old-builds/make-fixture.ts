import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { startPlatform } from "../../scripts/platform/start-platform.ts";
import { beginWorld } from "./begin-world.ts";
import { packData } from "./data-pack.ts";
import { OldService } from "./old-service.ts";

/*
 * `node scripts/with-node.mjs test/old-builds/make-fixture.ts CHECKOUT FIXTURE.tgz`: starts the platform of that checkout of this repository,
 * begins everything of old-world.ts on it, kills it, and packs what it left.
 */

/** Longer than it takes to begin all; over when the fixture is used. */
const AHEAD_SECONDS = 40;

async function main(checkout: string, fixture: string): Promise<void> {
  const commit = execFileSync("git", ["-C", checkout, "rev-parse", "--short", "HEAD"], { encoding: "utf8" }).trim();
  const { startPlatform: start }: { startPlatform: typeof startPlatform } = await import(
    join(checkout, "scripts/platform/start-platform.ts")
  );
  const dataDir = mkdtempSync(join(tmpdir(), "smartify-make-"));
  const service = await OldService.start("old");
  const platform = await start({ dataDir, hosts: service.hosts, services: false });
  try {
    const world = await beginWorld(platform, service, AHEAD_SECONDS);
    await platform.kill();
    await packData(dataDir, { commit, madeAt: new Date().toISOString(), ...world }, fixture);
    process.stdout.write(`${fixture}: ${world.executions.length} executions of build ${commit}\n`);
  } finally {
    await platform.kill();
    service.close();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

const [checkout, fixture] = process.argv.slice(2);
if (checkout === undefined || fixture === undefined) {
  process.stderr.write("Usage: node scripts/with-node.mjs test/old-builds/make-fixture.ts CHECKOUT FIXTURE.tgz\n");
  process.exit(2);
}
await main(resolve(checkout), resolve(fixture));
process.exit(0);
