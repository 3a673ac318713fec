import { join } from "node:path";
import { build } from "esbuild";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { bundleWorker, modulesBeside } from "../../scripts/platform/bundle.ts";
import { type Owner, Placement } from "../../contracts/placement.ts";
import type { ConformanceHost, Played, Scenario } from "./host.ts";

const KEY = Buffer.alloc(32, 7);
const PLACEMENT = new Placement(KEY);
const OWNER: Owner = { tenantId: "ten_conformance", environment: "test" };
const NAME = "conformance";
const CODE = "code";
const CODE_PLUGIN = "workers/plugins/code/main.ts";
const COMPATIBILITY_DATE = "2026-10-23";

/** The coordinator object in workerd, in real time, with a plugin Worker that answers from the case. */
export class CoordinatorHost implements ConformanceHost {
  readonly #miniflare: Miniflare;
  readonly #url: Promise<URL>;

  private constructor(miniflare: Miniflare) {
    this.#miniflare = miniflare;
    this.#url = miniflare.ready;
  }

  /** `worker`: in which the object lives; another one may do something to it. */
  static async start(worker = "conformance-worker"): Promise<CoordinatorHost> {
    const bundle = await build({
      entryPoints: [join(import.meta.dirname, `../workers/${worker}.ts`)],
      bundle: true,
      write: false,
      format: "esm",
      target: "es2023",
      external: ["cloudflare:*"],
      conditions: ["workerd", "worker", "browser"],
    });
    const script = bundle.outputFiles[0]?.text;
    if (script === undefined) throw new Error("esbuild gave no file");
    const plugin = { name: NAME, entrypoint: "ScriptPlugin" };
    const common = { cf: false, compatibilityDate: COMPATIBILITY_DATE, cacheAPI: false } as const;
    return new CoordinatorHost(
      new Miniflare(
        convertV4MiniflareOptions({
          port: 0,
          workers: [
            {
              ...common,
              name: NAME,
              modules: [{ type: "ESModule", path: "conformance-worker.js", contents: script }],
              durableObjects: {
                COORDINATOR: { className: "ReadableCoordinator", useSQLite: true },
                TENANT: { className: "Tenant", useSQLite: true },
                FEED: { className: "Feed", useSQLite: true },
                SERVICES: { className: "Services", useSQLite: true },
              },
              serviceBindings: { TOOLBOX_PLUGIN: plugin, HTTP_PLUGIN: plugin, CODE_PLUGIN: CODE },
              queueProducers: { OUTBOX: "outbox" },
              bindings: { EXECUTION_ID_KEY: KEY.toString("base64") },
            },
            { ...common, name: CODE, modules: await codePlugin() },
          ],
        }),
      ),
    );
  }

  now(): number {
    return Date.now();
  }

  async run(scenario: Scenario): Promise<Played> {
    const random = crypto.getRandomValues(new Uint8Array(8));
    const { executionId } = PLACEMENT.place(OWNER, { kind: "cell", now: Date.now(), random });
    const response = await fetch(await this.#url, { method: "POST", body: JSON.stringify({ scenario, executionId }) });
    if (!response.ok) throw new Error(await response.text());
    const played: Played = await response.json();
    return played;
  }

  /** What the Worker says of itself. */
  async told(): Promise<unknown> {
    return (await fetch(await this.#url)).json();
  }

  stop(): Promise<void> {
    return this.#miniflare.dispose();
  }
}

/** The product's code plugin: what transforms run in is no part of a case. */
async function codePlugin() {
  const main = { type: "ESModule" as const, path: "main.js", contents: await bundleWorker(CODE_PLUGIN) };
  const beside = Object.entries(modulesBeside(CODE_PLUGIN));
  return [main, ...beside.map(([path, { contents }]) => ({ type: "CompiledWasm" as const, path, contents }))];
}
