import { spawn } from "node:child_process";
import { join } from "node:path";
import { bold, complain, dim } from "./terminal.ts";

/*
 * `npm test`: the suite; `npm run test:faults`: what of the fault matrix takes minutes; `npm run test:long`: all that does. What follows `--` goes to vitest. The tests that need true
 * locks run on the PostgreSQL of TEST_POSTGRES_URL.
 */

const ROOT = join(import.meta.dirname, "..");
/** Projects of `vitest.config.ts`, by the flag that asks for them. */
const SUITES: Readonly<Record<string, readonly string[]>> = {
  "--faults": ["faults", "evicted"],
  "--long": ["faults", "evicted", "long"],
};
/** Where nobody sees vitest's live lines, some files take minutes without a word. */
const HEARTBEAT_MS = 20_000;

async function main(): Promise<number> {
  if (process.env.TEST_POSTGRES_URL === undefined) {
    process.stdout.write(
      `${bold("No PostgreSQL server is given")} (TEST_POSTGRES_URL): what needs its locks is left out here; .ci/run brings one.\n`,
    );
  }
  const started = performance.now();
  const [first, ...rest] = process.argv.slice(2);
  const suite = SUITES[first ?? ""];
  const asked = [
    ...(suite ?? ["unit", "platform"]).flatMap((name) => ["--project", name]),
    ...(suite ? rest : process.argv.slice(2)),
  ];
  const child = spawn(join(ROOT, "node_modules/.bin/vitest"), ["run", ...asked], {
    cwd: ROOT,
    stdio: "inherit",
    // A group of its own: what its tests start goes with it, however this ends.
    detached: true,
    env: { ...process.env, WRANGLER_SEND_METRICS: "false", CLOUDFLARE_CF_FETCH_ENABLED: "false" },
  });
  const end = (signal: NodeJS.Signals): void => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, signal);
    } catch {
      // It has ended by itself.
    }
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => end("SIGTERM"));
  process.once("disconnect", () => end("SIGKILL"));
  process.channel?.unref();
  const heartbeat = setInterval(() => {
    if (!process.stdout.isTTY)
      process.stdout.write(dim(`  … still testing (${Math.round((performance.now() - started) / 1000)} s)\n`));
  }, HEARTBEAT_MS);
  const code = await new Promise<number>((resolve) => {
    child.once("error", (error) => {
      complain(error.message);
      resolve(1);
    });
    child.once("close", (status) => resolve(status ?? 1));
  });
  clearInterval(heartbeat);
  end("SIGKILL");
  const seconds = ((performance.now() - started) / 1000).toFixed(0);
  process.stdout.write(dim(`The suite took ${seconds} s and ${code === 0 ? "passed" : "failed"}.\n`));
  return code;
}

process.exitCode = await main();
