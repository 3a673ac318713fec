import { spawn } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { bold, complain, say } from "./terminal.ts";

/*
 * `npm run deploy -- --env staging|production [--dry-run]`: the plugin Workers first, since the platform Worker is bound
 * to them. It sets no secret: wrangler.toml names them.
 */

const ROOT = join(import.meta.dirname, "..");
const ENVIRONMENTS = ["staging", "production"];
const USAGE = "Usage: npm run deploy -- --env staging|production [--dry-run]";

/** Folder of each Worker, in the order in which they must exist. */
function workerFolders(): string[] {
  const plugins = readdirSync(join(ROOT, "workers/plugins"), { withFileTypes: true });
  return [...plugins.filter((entry) => entry.isDirectory()).map(({ name }) => join("workers/plugins", name)), "."];
}

function deploy(folder: string, environment: string, dryRun: boolean): Promise<number> {
  const args = ["deploy", "--config", join(folder, "wrangler.toml"), "--env", environment];
  if (dryRun) args.push("--dry-run", "--outdir", join(ROOT, ".out", environment, folder === "." ? "platform" : folder));
  const child = spawn(join(ROOT, "node_modules/.bin/wrangler"), args, {
    cwd: ROOT,
    stdio: "inherit",
    env: { ...process.env, WRANGLER_SEND_METRICS: "false", CLOUDFLARE_CF_FETCH_ENABLED: "false" },
  });
  const stop = (): boolean => child.kill("SIGTERM");
  process.once("disconnect", stop);
  return new Promise((resolve) => {
    child.once("error", (error) => {
      complain(error.message);
      resolve(1);
    });
    child.once("close", (code) => {
      process.off("disconnect", stop);
      resolve(code ?? 1);
    });
  });
}

function readArguments(): { environment: string; dryRun: boolean } | null {
  try {
    const { values } = parseArgs({ options: { env: { type: "string" }, "dry-run": { type: "boolean" } } });
    if (values.env === undefined || !ENVIRONMENTS.includes(values.env)) return null;
    return { environment: values.env, dryRun: values["dry-run"] ?? false };
  } catch {
    return null;
  }
}

async function main(): Promise<number> {
  const wanted = readArguments();
  if (wanted === null) {
    complain(USAGE);
    return 2;
  }
  for (const folder of workerFolders()) {
    say(`${wanted.dryRun ? "Checking" : "Deploying"} ${bold(folder === "." ? "the platform Worker" : folder)}`);
    const code = await deploy(folder, wanted.environment, wanted.dryRun);
    if (code !== 0) {
      complain(`${folder === "." ? "The platform Worker" : folder} was not deployed: nothing after it was tried`);
      return code;
    }
  }
  say(wanted.dryRun ? `Every Worker can be deployed to ${wanted.environment}` : `Deployed to ${wanted.environment}`);
  return 0;
}

process.exitCode = await main();
process.channel?.unref();
