import { spawn } from "node:child_process";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { type DeployStage, firstStages, usualStages } from "./deploy-stages.ts";
import { bold, complain, say } from "./terminal.ts";

/*
 * `npm run deploy -- --env staging|production [--first] [--dry-run]`, explained in docs/guide/deploy.md. It sets no secret
 * and touches no database.
 */

const ROOT = join(import.meta.dirname, "..");
const ENVIRONMENTS = ["staging", "production"];
const USAGE = "Usage: npm run deploy -- --env staging|production [--first] [--dry-run]";

interface Wanted {
  environment: string;
  first: boolean;
  dryRun: boolean;
}

function deploy({ config }: DeployStage, { environment, dryRun }: Wanted): Promise<number> {
  const args = ["deploy", "--config", config, "--env", environment];
  if (dryRun) args.push("--dry-run", "--outdir", join(ROOT, ".out", environment, "built", dirname(config)));
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

function readArguments(): Wanted | null {
  const options = { env: { type: "string" }, first: { type: "boolean" }, "dry-run": { type: "boolean" } } as const;
  try {
    const { values } = parseArgs({ options });
    if (values.env === undefined || !ENVIRONMENTS.includes(values.env)) return null;
    return { environment: values.env, first: values.first ?? false, dryRun: values["dry-run"] ?? false };
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
  const { environment, first, dryRun } = wanted;
  for (const stage of first ? firstStages(environment) : usualStages()) {
    say(`${dryRun ? "Checking" : "Deploying"} ${bold(stage.name)}`);
    const code = await deploy(stage, wanted);
    if (code !== 0) {
      complain(`Failed: ${stage.name}. Nothing after it was tried.`);
      return code;
    }
  }
  say(dryRun ? `Every Worker can be deployed to ${environment}` : `Deployed to ${environment}`);
  return 0;
}

process.exitCode = await main();
process.channel?.unref();
