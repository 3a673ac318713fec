import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/*
 * Runs a TypeScript file of this project: `node scripts/with-node.mjs scripts/start.ts [arguments]`. It needs Node 20
 * and nothing else: what package-lock.json names is installed first when it is not there, and the file then runs on
 * the Node that the lock names.
 */

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..");
const HEARTBEAT_MS = 5_000;
const PARENT_CHECK_MS = 500;

/** @param {string} path */
function readPackages(path) {
  try {
    return new Map(Object.entries(JSON.parse(readFileSync(path, "utf8")).packages));
  } catch {
    return null;
  }
}

/** Whether what npm last installed is what the lock names (npm leaves a lock of its own in node_modules). */
function isInstalled() {
  const wanted = readPackages(join(ROOT, "package-lock.json"));
  const present = readPackages(join(ROOT, "node_modules/.package-lock.json"));
  if (wanted === null) throw new Error("package-lock.json is missing or unreadable: is this a full checkout?");
  if (present === null) return false;
  for (const [path, entry] of wanted) {
    if (path === "" || entry.link) continue;
    const there = present.get(path);
    if (there === undefined ? !entry.optional && !entry.devOptional && !entry.peer : there.version !== entry.version) {
      return false;
    }
  }
  return true;
}

/** @param {string} program @param {string[]} args @param {import("node:child_process").StdioOptions} stdio */
function run(program, args, stdio) {
  const child = spawn(program, args, { cwd: ROOT, stdio, shell: process.platform === "win32" });
  const forward = (/** @type {NodeJS.Signals} */ signal) => child.kill(signal);
  const signals = /** @type {NodeJS.Signals[]} */ (["SIGINT", "SIGTERM", "SIGHUP"]);
  for (const signal of signals) process.on(signal, forward);
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid !== parent) child.kill("SIGTERM");
  }, PARENT_CHECK_MS);
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => {
      clearInterval(watch);
      for (const name of signals) process.off(name, forward);
      resolve({ code, signal });
    });
  });
}

async function install() {
  process.stderr.write("Installing what package-lock.json names (npm ci): about half a minute the first time.\n");
  const started = Date.now();
  const heartbeat = setInterval(() => {
    process.stderr.write(`  … still installing (${Math.round((Date.now() - started) / 1000)} s)\n`);
  }, HEARTBEAT_MS);
  const { code, signal } = await run("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"], "inherit");
  clearInterval(heartbeat);
  if (code !== 0) {
    process.stderr.write(`npm ci failed (${signal ?? `exit ${code}`}). What it said is above.\n`);
    process.exit(code ?? 1);
  }
  process.stderr.write(`Installed in ${Math.round((Date.now() - started) / 1000)} s.\n`);
}

async function main() {
  const [file, ...args] = process.argv.slice(2);
  if (file === undefined) {
    process.stderr.write("Usage: node scripts/with-node.mjs FILE [arguments]\n");
    process.exit(2);
  }
  if (!isInstalled()) await install();
  const node = join(ROOT, "node_modules/node/bin/node");
  const flags = ["--experimental-strip-types", "--disable-warning=ExperimentalWarning"];
  // The channel tells the script when this process is gone, however it went.
  const { code, signal } = await run(node, [...flags, file, ...args], ["inherit", "inherit", "inherit", "ipc"]);
  if (signal !== null) process.kill(process.pid, signal);
  process.exitCode = code ?? 1;
}

await main();
