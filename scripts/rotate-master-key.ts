import { readFileSync } from "node:fs";
import { join } from "node:path";
import { callPlatform } from "./call-platform.ts";
import { dataFolder, readDevFile } from "./dev-file.ts";
import { complain } from "./terminal.ts";

/*
 * `npm run rotate-master-key`: seals everything again under the first key of MASTER_KEY. Of the platform that runs here, or of a
 * deployment by PLATFORM_URL and BOOTSTRAP_TOKEN.
 */
async function main(): Promise<number> {
  const { PLATFORM_URL, BOOTSTRAP_TOKEN } = process.env;
  const dataDir = dataFolder();
  const url = PLATFORM_URL ?? readDevFile(dataDir)?.base_url;
  if (url === undefined) {
    complain(`No platform runs on ${dataDir}: start it with \`npm start\`, or set PLATFORM_URL and BOOTSTRAP_TOKEN`);
    return 1;
  }
  const secrets = () => JSON.parse(readFileSync(join(dataDir, "secrets.json"), "utf8"));
  const authorization = `Bootstrap ${BOOTSTRAP_TOKEN ?? secrets().BOOTSTRAP_TOKEN}`;
  const request = { method: "POST", path: "/internal/vault/rotate", authorization, json: {} } as const;
  process.stdout.write(`${JSON.stringify(await callPlatform(url, request))}\n`);
  return 0;
}

process.exitCode = await main();
