import { join } from "node:path";
import { build } from "esbuild";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import type { ConformanceHost, Played, Scenario } from "./host.ts";

const NAME = "conformance";

/** The coordinator object in workerd, in real time, with a plugin Worker that answers from the case. */
export class CoordinatorHost implements ConformanceHost {
  readonly #miniflare: Miniflare;
  readonly #url: Promise<URL>;
  #runs = 0;

  private constructor(miniflare: Miniflare) {
    this.#miniflare = miniflare;
    this.#url = miniflare.ready;
  }

  static async start(): Promise<CoordinatorHost> {
    const bundle = await build({
      entryPoints: [join(import.meta.dirname, "../workers/conformance-worker.ts")],
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
    return new CoordinatorHost(
      new Miniflare(
        convertV4MiniflareOptions({
          name: NAME,
          cf: false,
          port: 0,
          modules: [{ type: "ESModule", path: "conformance-worker.js", contents: script }],
          compatibilityDate: "2026-10-23",
          durableObjects: {
            COORDINATOR: { className: "ReadableCoordinator", useSQLite: true },
            TENANT: { className: "Tenant", useSQLite: true },
          },
          serviceBindings: { TOOLBOX_PLUGIN: plugin, HTTP_PLUGIN: plugin, CODE_PLUGIN: plugin },
          queueProducers: { OUTBOX: "outbox" },
          cacheAPI: false,
        }),
      ),
    );
  }

  async run(scenario: Scenario): Promise<Played> {
    const executionId = `exec_conformance${this.#runs++}`;
    const response = await fetch(await this.#url, { method: "POST", body: JSON.stringify({ scenario, executionId }) });
    if (!response.ok) throw new Error(await response.text());
    const played: Played = await response.json();
    return played;
  }

  stop(): Promise<void> {
    return this.#miniflare.dispose();
  }
}
