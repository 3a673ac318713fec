import { randomInt } from "node:crypto";
import { auditSoak } from "./soak/audit-soak.ts";
import { chanceOf } from "./soak/chance.ts";
import { SOAK_CONNECTOR } from "./soak/connector.ts";
import { keepLoad } from "./soak/keep-load.ts";
import { readSoakOptions, SOAK_USAGE, type SoakOptions } from "./soak/options.ts";
import { printAudit } from "./soak/print-audit.ts";
import { readSources } from "./soak/read-sources.ts";
import { SoakPlatform } from "./soak/soak-platform.ts";
import { SoakService } from "./soak/soak-service.ts";
import { SOAK_WORKFLOWS } from "./soak/workflows.ts";
import { complain, say } from "./terminal.ts";

/*
 * `npm run soak`: a mixed load on a whole platform that is killed every few seconds; then every execution is compared with what
 * the engine's memory host makes of the same workflow, answers and acts. Ends with 1 when anything differs.
 */

async function publish(platform: SoakPlatform): Promise<void> {
  const published = [
    await platform.ask("POST", "/plugins", SOAK_CONNECTOR),
    await platform.ask("POST", "/workflows", { workflows: [...SOAK_WORKFLOWS] }),
  ];
  for (const answer of published)
    if (answer?.status !== 201) throw new Error(`publishing was answered ${answer?.text}`);
}

/** The key's id, which executions name as the one who acted. */
async function actorOf(platform: SoakPlatform): Promise<string> {
  const answer = await platform.ask("GET", "/keys");
  const { data: [key] = [] }: { data?: { id: string }[] } = JSON.parse(answer?.text ?? "{}");
  if (!key) throw new Error(`the tenant has no key: ${answer?.text}`);
  return key.id;
}

async function soak(options: SoakOptions): Promise<number> {
  say(
    `Seed ${options.seed}: \`npm run soak -- --minutes ${options.minutes} --seed ${options.seed} --kill-every ${options.killEvery}\``,
  );
  const sources = readSources();
  const service = await SoakService.start(chanceOf(options.seed, "service"));
  const platform = await SoakPlatform.start(service.address);
  let differs = true;
  try {
    await publish(platform);
    const actor = await actorOf(platform);
    const load = await keepLoad(platform, service, options, say);
    say(`Comparing ${load.followed.length} executions with the memory host`);
    const audit = await auditSoak(platform, service, load, { sources, actor });
    differs = audit.differences.length > 0;
    printAudit(audit, { load, platform, service });
    if (differs) complain(`What it left is in ${platform.dataDir}, its log in ${platform.logFile}`);
    return differs ? 1 : 0;
  } finally {
    await platform.close(differs);
    service.close();
  }
}

async function main(): Promise<number> {
  const options = readSoakOptions(process.argv.slice(2), randomInt(2 ** 31));
  if (!options) {
    complain(SOAK_USAGE);
    return 2;
  }
  try {
    return await soak(options);
  } catch (error) {
    complain(error instanceof Error ? (error.stack ?? error.message) : String(error));
    return 1;
  }
}

// Whoever started this is gone, or asks it to end: the platform goes with it.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => process.exit(130));
process.once("disconnect", () => process.exit(130));
process.exit(await main());
