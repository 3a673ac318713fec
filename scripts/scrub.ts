import { dataFolder } from "./dev-file.ts";
import { scrub } from "./platform/scrub.ts";
import { complain, say } from "./terminal.ts";

/*
 * `npm run scrub`, on a platform that is stopped: no file of its folder (`SMARTIFY_DATA_DIR`, or `.smartify`) holds bytes of what was
 * deleted any more.
 */

async function main(): Promise<number> {
  const dataDir = dataFolder();
  try {
    const { files, tables } = await scrub(dataDir);
    say(`${dataDir}: ${files} SQLite files and ${tables} tables of PostgreSQL are written anew`);
    return 0;
  } catch (error) {
    complain(`${dataDir} was not written anew: ${error instanceof Error ? error.message : String(error)}`);
    return 1;
  }
}

process.exitCode = await main();
process.channel?.unref();
