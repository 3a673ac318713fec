import { readFile } from "node:fs/promises";
import { stripTypeScriptTypes } from "node:module";
import { join } from "node:path";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";

const COMPATIBILITY_DATE = "2026-10-23";
const WORKERS = join(import.meta.dirname, "workers");
const ENTRY = "floor";

/**
 * The floor's Workers in workerd, started through miniflare and reached by the entry Worker's own socket, as the
 * platform is. Answers its address.
 */
export async function startFloor(dataDir: string): Promise<string> {
  const options = convertV4MiniflareOptions({
    cf: false,
    port: 0,
    durableObjectsPersist: join(dataDir, "objects"),
    workers: [
      {
        name: ENTRY,
        modules: await modules("entry.ts", "cell.ts", "clock.ts", "fan.ts", "tick-log.ts", "run-shape.ts"),
        compatibilityDate: COMPATIBILITY_DATE,
        durableObjects: {
          CELL: { className: "Cell", useSQLite: true },
          CLOCK: { className: "Clock", useSQLite: true },
          FAN: { className: "Fan", useSQLite: true },
        },
        serviceBindings: { ADDER: "adder" },
        unsafeDirectSockets: [{ host: "127.0.0.1", port: 0 }],
        cacheAPI: false,
      },
      {
        name: "adder",
        modules: await modules("adder.ts"),
        compatibilityDate: COMPATIBILITY_DATE,
        cacheAPI: false,
      },
    ],
  });
  const miniflare = new Miniflare(options);
  await miniflare.ready;
  return (await miniflare.unsafeGetDirectURL(ENTRY)).origin;
}

/** Worker sources as workerd takes them: types blanked out, nothing bundled. The first one is the Worker. */
function modules(...names: string[]): Promise<{ type: "ESModule"; path: string; contents: string }[]> {
  return Promise.all(
    names.map(async (name) => {
      const source = await readFile(join(WORKERS, name), "utf8");
      return { type: "ESModule" as const, path: name, contents: stripTypeScriptTypes(source) };
    }),
  );
}
