import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { experimental_readRawConfig } from "wrangler";

const ROOT = join(import.meta.dirname, "..");
const PLUGINS = "workers/plugins";

/** One run of wrangler. */
export interface DeployStage {
  name: string;
  /** Path of the configuration file, from the root. */
  config: string;
}

function stageOf(folder: string): DeployStage {
  return { name: folder === "." ? "the platform Worker" : folder, config: join(folder, "wrangler.toml") };
}

/** Those that are bound to other plugins come after them. */
function pluginFolders(): string[] {
  return readdirSync(join(ROOT, PLUGINS))
    .map((name) => join(PLUGINS, name))
    .filter((folder) => existsSync(join(ROOT, folder, "wrangler.toml")))
    .sort((a, b) => servicesOf(a) - servicesOf(b));
}

function servicesOf(folder: string): number {
  const { rawConfig } = experimental_readRawConfig({ config: join(ROOT, folder, "wrangler.toml") });
  return rawConfig.env?.production?.services?.length ?? 0;
}

/**
 * The configuration of a Worker without the objects of other Workers, as a file beside the built Workers; null when it
 * has none of those.
 */
function withoutForeignObjects(folder: string, environment: string): string | null {
  const { rawConfig } = experimental_readRawConfig({ config: join(ROOT, folder, "wrangler.toml") });
  const own = rawConfig.env?.[environment];
  const objects = own?.durable_objects?.bindings ?? [];
  const kept = objects.filter((binding: { script_name?: string }) => binding.script_name === undefined);
  if (own === undefined || kept.length === objects.length) return null;
  const reduced = {
    ...rawConfig,
    main: join(ROOT, folder, rawConfig.main ?? "main.ts"),
    env: { [environment]: { ...own, durable_objects: { bindings: kept } } },
  };
  const out = join(".out", environment, "first", folder);
  mkdirSync(join(ROOT, out), { recursive: true });
  writeFileSync(join(ROOT, out, "wrangler.json"), JSON.stringify(reduced, null, 2));
  return join(out, "wrangler.json");
}

/** The plugin Workers, then the platform Worker, which is bound to them. */
export function usualStages(): DeployStage[] {
  return [...pluginFolders(), "."].map(stageOf);
}

/**
 * As into an account that has none of the Workers: a plugin that is bound to the platform's objects goes first without
 * them, and once more when they exist.
 */
export function firstStages(environment: string): DeployStage[] {
  const before: DeployStage[] = [];
  const after: DeployStage[] = [];
  for (const folder of pluginFolders()) {
    const reduced = withoutForeignObjects(folder, environment);
    if (reduced === null) before.push(stageOf(folder));
    else {
      before.push({ name: `${folder} without the platform's objects`, config: reduced });
      after.push(stageOf(folder));
    }
  }
  return [...before, stageOf("."), ...after];
}
