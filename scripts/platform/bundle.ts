import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { BuildOptions } from "esbuild";

const ROOT = join(import.meta.dirname, "../..");
const CACHE = join(ROOT, "node_modules/.cache/smartify");

/** As wrangler builds: what the runtime itself provides stays an import. */
const SETTINGS = {
  bundle: true,
  format: "esm",
  target: "es2024",
  platform: "neutral",
  mainFields: ["browser", "module", "main"],
  conditions: ["workerd", "worker", "browser"],
  external: ["cloudflare:*", "node:*"],
  define: { "process.env.NODE_ENV": '"production"' },
  loader: { ".html": "text", ".txt": "text", ".sql": "text" },
  keepNames: true,
  legalComments: "none",
  logLevel: "silent",
  absWorkingDir: ROOT,
} satisfies BuildOptions;

const FOR_WORKERS = { ...SETTINGS, sourcemap: "inline", sourcesContent: false } satisfies BuildOptions;

/** Read anew by every isolate that is made: short, and without the calls that keep names. */
const FOR_ISOLATES = { ...SETTINGS, minify: true, keepNames: false } satisfies BuildOptions;

/** Plugins that carry their code a second time, as text, for the isolates of isolated executions. */
const CARRIERS = ["workers/plugins/toolbox", "workers/plugins/http"];

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

/** Writes a file unless it holds that text already: an unchanged one keeps its time, and no reader sees half of it. */
function writeChanged(path: string, text: string): void {
  if (existsSync(path) && readFileSync(path, "utf8") === text) return;
  mkdirSync(dirname(path), { recursive: true });
  const temporary = `${path}.${process.pid}`;
  writeFileSync(temporary, text);
  renameSync(temporary, path);
}

/** Builds `generated/isolated.txt` of every plugin that has an `isolated-entry.ts`; bundles of those plugins import it. */
export async function buildIsolatedCode(): Promise<void> {
  for (const folder of CARRIERS) {
    const code = await bundle(`${folder}/isolated-entry.ts`, FOR_ISOLATES);
    writeChanged(join(ROOT, folder, "generated/isolated.txt"), code);
  }
}

let isolatedCode: Promise<void> | undefined;

/** The Worker whose main file is `entry` as one module; built only when a file that goes into it has changed. */
export async function bundleWorker(entry: string): Promise<string> {
  isolatedCode ??= buildIsolatedCode();
  await isolatedCode;
  return bundle(entry, FOR_WORKERS);
}
