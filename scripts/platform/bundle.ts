import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { BuildOptions } from "esbuild";
import { buildMachines } from "./build-machines.ts";
import { writeChanged } from "./write-changed.ts";

const ROOT = join(import.meta.dirname, "../..");
const CACHE = join(ROOT, "node_modules/.cache/smartify");

const PRODUCTION = { "process.env.NODE_ENV": '"production"' };
/** Without the places where tests stop the coordinator, as wrangler.toml says it. */
const NOTHING_FOR_TESTS = { ...PRODUCTION, "globalThis.faultPoint": "undefined" };

/** As wrangler builds: what the runtime itself provides stays an import. */
const SETTINGS = {
  bundle: true,
  format: "esm",
  target: "es2024",
  platform: "neutral",
  mainFields: ["browser", "module", "main"],
  conditions: ["workerd", "worker", "browser"],
  // Modules of WebAssembly stay beside the code: the runtime compiles them.
  external: ["cloudflare:*", "node:*", "*.wasm"],
  define: NOTHING_FOR_TESTS,
  loader: { ".html": "text", ".txt": "text", ".sql": "text" },
  keepNames: false,
  legalComments: "none",
  logLevel: "silent",
  absWorkingDir: ROOT,
} satisfies BuildOptions;

const FOR_WORKERS = { ...SETTINGS, sourcemap: "inline", sourcesContent: false } satisfies BuildOptions;
/** Read anew at each of hundreds of kills. */
const FOR_FAULTS = { ...SETTINGS, define: PRODUCTION } satisfies BuildOptions;

/** Read anew by every isolate that is made: short, and without the calls that keep names. */
const FOR_ISOLATES = { ...SETTINGS, minify: true } satisfies BuildOptions;

/** Plugins that carry their code a second time, as text, for the isolates of isolated executions. */
const CARRIERS = ["workers/plugins/toolbox", "workers/plugins/http", "workers/plugins/code"];

/** The one whose transforms run in machines: it carries those, and the code that runs inside of them. */
const CODE = "workers/plugins/code";
/** What runs in its isolates beside published modules is built by itself. */
const SANDBOX = "workers/plugins/sandbox";
/** Expressions, whose values are the functions that these export. */
const INSIDE = ["javascript", "jsonata"];
const FOR_MACHINES = {
  ...FOR_ISOLATES,
  format: "iife",
  globalName: "inside",
  target: "es2022",
  banner: { js: "(function () {" },
  footer: { js: "return inside.main; })()" },
} satisfies BuildOptions;

/** A file that went into a bundle, as it was then. */
interface Input {
  path: string;
  size: number;
  modified: number;
}

function describe(path: string): Input {
  const { size, mtimeMs } = statSync(join(ROOT, path));
  return { path, size, modified: mtimeMs };
}

function readCached(base: string): string | null {
  try {
    const inputs: Input[] = JSON.parse(readFileSync(`${base}.json`, "utf8"));
    for (const input of inputs) {
      const now = describe(input.path);
      if (now.size !== input.size || now.modified !== input.modified) return null;
    }
    return readFileSync(`${base}.js`, "utf8");
  } catch {
    return null;
  }
}

function writeCached(base: string, inputs: Input[], code: string): void {
  mkdirSync(CACHE, { recursive: true });
  for (const [suffix, content] of [
    ["js", code],
    ["json", JSON.stringify(inputs)],
  ] as const) {
    const temporary = `${base}.${process.pid}.${suffix}`;
    writeFileSync(temporary, content);
    renameSync(temporary, `${base}.${suffix}`);
  }
}

async function bundle(entry: string, settings: BuildOptions): Promise<string> {
  const key = createHash("sha256")
    .update(JSON.stringify([entry, settings]))
    .digest("hex")
    .slice(0, 16);
  const base = join(CACHE, key);
  const cached = readCached(base);
  if (cached !== null) return cached;
  const { build } = await import("esbuild");
  const { outputFiles, metafile } = await build({ ...settings, write: false, metafile: true, entryPoints: [entry] });
  const code = outputFiles[0]?.text;
  if (code === undefined) throw new Error(`esbuild made nothing of ${entry}`);
  writeCached(base, Object.keys(metafile.inputs).map(describe), code);
  return code;
}

/**
 * Builds what plugins import from their folder `generated`: the code plugin's machines, and `isolated.txt` of every plugin
 * that has an `isolated-entry.ts`.
 */
export async function buildGenerated(): Promise<void> {
  buildMachines();
  for (const language of INSIDE) {
    const code = await bundle(`${CODE}/inside/${language}.ts`, FOR_MACHINES);
    writeChanged(join(ROOT, CODE, `generated/${language}.txt`), code);
  }
  const harness = await bundle(`${SANDBOX}/inside/harness.ts`, FOR_ISOLATES);
  writeChanged(join(ROOT, SANDBOX, "generated/harness.txt"), harness);
  for (const folder of CARRIERS) {
    const code = await bundle(`${folder}/isolated-entry.ts`, FOR_ISOLATES);
    writeChanged(join(ROOT, folder, "generated/isolated.txt"), code);
  }
}

let generated: Promise<void> | undefined;

/** The Worker whose main file is `entry` as one module; built only when a file that goes into it has changed. `faultPoints`: with them. */
export async function bundleWorker(entry: string, faultPoints = false): Promise<string> {
  generated ??= buildGenerated();
  await generated;
  return bundle(entry, faultPoints ? FOR_FAULTS : FOR_WORKERS);
}

/** What stands beside the code of a Worker: the modules of WebAssembly in its folder `generated`, by the names it imports. */
export function modulesBeside(entry: string): Record<string, { type: "wasm"; contents: Uint8Array<ArrayBuffer> }> {
  if (!entry.startsWith(`${CODE}/`)) return {};
  return Object.fromEntries(
    ["jq.wasm", "quickjs.wasm"].map((name) => {
      const contents = new Uint8Array(readFileSync(join(ROOT, CODE, "generated", name)));
      return [`generated/${name}`, { type: "wasm", contents }];
    }),
  );
}
