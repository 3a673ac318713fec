import { spawn } from "node:child_process";
import { join } from "node:path";

/*
 * `npm run check`: everything that can be known without running the product. Every check runs, whatever the others
 * say; each prints one line, and what a failing one said follows. `npm run check -- types` runs those whose name matches.
 */

interface Check {
  name: string;
  program: string;
  args: string[];
}

interface Outcome {
  check: Check;
  passed: boolean;
  seconds: number;
  output: string;
}

const ROOT = join(import.meta.dirname, "..");
const AT_ONCE = 2;
const LIMIT_MS = 180_000;

/** One TypeScript project per room: each sees only the globals that its runtime has. */
const TYPED_ROOMS = [
  "engine",
  "contracts",
  "connectors",
  "vault",
  "receipts",
  "workers",
  "workers/plugins",
  "durable-objects",
  "scripts",
  "bench",
  "bench/floor/workers",
  "bench/calls/workers",
  "bench/metering/workers",
  "examples",
  "test",
  "test/workers",
];

/** Where product code stands: what is searched for copies. */
const PRODUCT = [
  "engine",
  "contracts",
  "connectors",
  "vault",
  "receipts",
  "workers",
  "durable-objects",
  "scripts",
  "bench",
];

const CHECKS: Check[] = [
  { name: "format and lint", program: "biome", args: ["check", "--max-diagnostics=60", "."] },
  ...TYPED_ROOMS.map((room) => ({ name: `types ${room}`, program: "tsc", args: ["-p", room, "--pretty", "false"] })),
  { name: "architecture", program: "vitest", args: ["run", "--reporter=dot", "test/architecture"] },
  { name: "unused code", program: "knip", args: ["--no-progress", "--no-config-hints"] },
  {
    name: "copied code",
    program: "jscpd",
    args: [
      ...PRODUCT,
      "--min-tokens",
      "75",
      "--min-lines",
      "8",
      "--ignore",
      "**/*.test.ts",
      "--exit-code",
      "1",
      "--no-colors",
    ],
  },
];

/** Whatever still runs when this process is told to stop. */
const running = new Set<number>();

function run(check: Check): Promise<Outcome> {
  const started = performance.now();
  const chunks: Buffer[] = [];
  const child = spawn(join(ROOT, "node_modules/.bin", check.program), check.args, {
    cwd: ROOT,
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, CI: "true", NO_COLOR: "1", FORCE_COLOR: "0" },
  });
  const { pid } = child;
  if (pid !== undefined) running.add(pid);
  child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => chunks.push(chunk));
  const limit = setTimeout(() => {
    chunks.push(Buffer.from(`\nstopped after ${LIMIT_MS / 1000} s`));
    if (pid !== undefined) stop(pid);
  }, LIMIT_MS);
  return new Promise((resolve) => {
    const settle = (passed: boolean, note: string): void => {
      clearTimeout(limit);
      if (pid !== undefined) running.delete(pid);
      const seconds = (performance.now() - started) / 1000;
      resolve({ check, passed, seconds, output: `${Buffer.concat(chunks).toString("utf8")}${note}`.trim() });
    };
    child.on("error", (error) => settle(false, error.message));
    child.on("close", (code) => settle(code === 0, ""));
  });
}

/** Ends a check and everything it started. */
function stop(pid: number): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // It ended by itself in the meantime.
  }
}

function report({ check, passed, seconds }: Outcome): void {
  process.stdout.write(
    `${passed ? "ok    " : "FAILED"}  ${check.name.padEnd(24)} ${seconds.toFixed(1).padStart(6)} s\n`,
  );
}

async function main(): Promise<number> {
  const wanted = process.argv.slice(2);
  const queue = CHECKS.filter(({ name }) => wanted.length === 0 || wanted.some((part) => name.includes(part)));
  if (queue.length === 0) {
    process.stderr.write(
      `No check is called ${wanted.join(", ")}. There are: ${CHECKS.map(({ name }) => name).join(", ")}\n`,
    );
    return 2;
  }
  const started = performance.now();
  const total = queue.length;
  const failed: Outcome[] = [];
  const work = async (): Promise<void> => {
    for (let check = queue.shift(); check !== undefined; check = queue.shift()) {
      const outcome = await run(check);
      report(outcome);
      if (!outcome.passed) failed.push(outcome);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  for (const { check, output } of failed) process.stdout.write(`\n── ${check.name} ──\n${output}\n`);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  process.stdout.write(`\n${total - failed.length} of ${total} checks passed in ${seconds} s\n`);
  return failed.length === 0 ? 0 : 1;
}

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => {
    for (const pid of running) stop(pid);
    process.exit(130);
  });
}

process.exitCode = await main();
