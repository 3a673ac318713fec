import { changeLimits, growShards } from "./change-limits.ts";
import { createTenant } from "./create-tenant.ts";
import { dataFolder, readDevFile } from "./dev-file.ts";
import { complain } from "./terminal.ts";

/*
 * `npm run tenant -- NAME`: another tenant of the running platform; its key goes to the standard output, as JSON.
 * `npm run tenant -- limits TENANT_ID [name=value …]`: changes its limits (`name=default` takes a change back) and shows
 * those that differ from the defaults.
 * `npm run tenant -- shards TENANT_ID COUNT`: more cells for it.
 */

const USAGE =
  "Usage: npm run tenant -- NAME\n       npm run tenant -- limits TENANT_ID [name=value …]\n       npm run tenant -- shards TENANT_ID COUNT";

/** `name=value` → what the platform is sent; undefined for another text. */
function readChanges(written: readonly string[]): Record<string, number | null> | undefined {
  const changes: Record<string, number | null> = {};
  for (const text of written) {
    const [name = "", value = ""] = text.split("=");
    if (!/^(\d+|default)$/.test(value)) return undefined;
    changes[name] = value === "default" ? null : Number(value);
  }
  return changes;
}

async function run(dataDir: string, baseUrl: string, words: readonly string[]): Promise<object | undefined> {
  const [verb, tenantId, ...rest] = words;
  if (verb === "limits" && tenantId?.startsWith("ten_")) {
    const changes = readChanges(rest);
    return changes && changeLimits(dataDir, baseUrl, tenantId, changes);
  }
  if (verb === "shards" && tenantId?.startsWith("ten_")) {
    const [count = ""] = rest;
    return /^\d+$/.test(count) ? growShards(dataDir, baseUrl, tenantId, Number(count)) : undefined;
  }
  return createTenant(dataDir, baseUrl, words.join(" ").trim());
}

async function main(): Promise<number> {
  const words = process.argv.slice(2);
  if (words.join("").trim() === "" || words[0]?.startsWith("-")) {
    complain(USAGE);
    return 2;
  }
  const dataDir = dataFolder();
  const running = readDevFile(dataDir);
  if (running === null) {
    complain(`No platform runs on ${dataDir}: start it with \`npm start\`, or set SMARTIFY_DATA_DIR`);
    return 1;
  }
  try {
    const answer = await run(dataDir, running.base_url, words);
    if (answer === undefined) complain(USAGE);
    else process.stdout.write(`${JSON.stringify(answer, null, 2)}\n`);
    return answer === undefined ? 2 : 0;
  } catch (error) {
    complain(error instanceof Error ? error.message : String(error));
    return 1;
  }
}

process.exitCode = await main();
