import { createTenant } from "./create-tenant.ts";
import { dataFolder, readDevFile } from "./dev-file.ts";
import { complain } from "./terminal.ts";

/* `npm run tenant -- NAME`: another tenant of the running platform; its key goes to the standard output, as JSON. */

async function main(): Promise<number> {
  const name = process.argv.slice(2).join(" ").trim();
  if (name === "" || name.startsWith("-")) {
    complain("Usage: npm run tenant -- NAME");
    return 2;
  }
  const dataDir = dataFolder();
  const running = readDevFile(dataDir);
  if (running === null) {
    complain(`No platform runs on ${dataDir}: start it with \`npm start\`, or set SMARTIFY_DATA_DIR`);
    return 1;
  }
  try {
    process.stdout.write(`${JSON.stringify(await createTenant(dataDir, running.base_url, name), null, 2)}\n`);
    return 0;
  } catch (error) {
    complain(error instanceof Error ? error.message : String(error));
    return 1;
  }
}

process.exitCode = await main();
