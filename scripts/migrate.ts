import { join } from "node:path";
import { migrate } from "./platform/migrate.ts";
import { complain, say } from "./terminal.ts";

/*
 * `DATABASE_URL=postgres://… node scripts/with-node.mjs scripts/migrate.ts`: brings the database of a deployment to what
 * this checkout needs. Run it before the deploy: migrations only ever add.
 */

async function main(): Promise<number> {
  const url = process.env.DATABASE_URL;
  if (url === undefined || !URL.canParse(url)) {
    complain("Set DATABASE_URL to the database's connection string");
    return 2;
  }
  const host = new URL(url).hostname;
  try {
    const applied = await migrate(join(import.meta.dirname, "../migrations"), { url });
    say(applied === 0 ? `${host} is up to date` : `Applied ${applied} migration${applied === 1 ? "" : "s"} to ${host}`);
    return 0;
  } catch (error) {
    complain(`${host} was not migrated: ${error instanceof Error ? error.message : String(error)}`);
    return 1;
  }
}

process.exitCode = await main();
process.channel?.unref();
