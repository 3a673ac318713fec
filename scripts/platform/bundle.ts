import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { BuildOptions } from "esbuild";

const ROOT = join(import.meta.dirname, "../..");
const CACHE = join(ROOT, "node_modules/.cache/smartify");

/** As wrangler builds: what the runtime itself provides stays an import. */
const SETTINGS = {
  bundle: true,
  write: false,
  metafile: true,
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
  sourcemap: "inline",
  sourcesContent: false,
  logLevel: "silent",
  absWorkingDir: ROOT,
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

/** The Worker whose main file is `entry` as one module; built only when a file that goes into it has changed. */
export async function bundleWorker(entry: string): Promise<string> {
  const key = createHash("sha256")
    .update(JSON.stringify([entry, SETTINGS]))
    .digest("hex")
    .slice(0, 16);
  const base = join(CACHE, key);
  const cached = readCached(base);
  if (cached !== null) return cached;
  const { build } = await import("esbuild");
  const { outputFiles, metafile } = await build({ ...SETTINGS, entryPoints: [entry] });
  const code = outputFiles[0]?.text;
  if (code === undefined) throw new Error(`esbuild made nothing of ${entry}`);
  writeCached(base, Object.keys(metafile.inputs).map(describe), code);
  return code;
}
