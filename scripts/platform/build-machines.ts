import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { meterModule } from "../wasm/meter-module.ts";
import { writeChanged } from "./write-changed.ts";

const GENERATED = join(import.meta.dirname, "../../workers/plugins/code/generated");
/** 48 MiB, as `workers/plugins/code/limits.ts` says. */
const MAX_PAGES = 768;

const MODULES = [
  { name: "quickjs.wasm", from: fileURLToPath(import.meta.resolve("@jitl/quickjs-wasmfile-release-sync/wasm")) },
  { name: "jq.wasm", from: fileURLToPath(import.meta.resolve("jq-wasm/jq.wasm")) },
];
/** A change of these makes the modules anew. */
const METER = join(import.meta.dirname, "../wasm");
const METER_FILES = ["meter-module.ts", "meter-body.ts", "skip-instruction.ts", "byte-reader.ts", "byte-writer.ts"];

/** What a module was made of. */
function originOf(from: string): string {
  const files = [from, ...METER_FILES.map((name) => join(METER, name)), fileURLToPath(import.meta.url)];
  return JSON.stringify(
    files.map((path) => {
      const { size, mtimeMs } = statSync(path);
      return [path, size, mtimeMs];
    }),
  );
}

/** Meters the modules that the code plugin runs transforms on, unless nothing has changed since. */
export function buildMachines(): void {
  for (const { name, from } of MODULES) {
    const path = join(GENERATED, name);
    const origin = originOf(from);
    const note = `${path}.json`;
    if (existsSync(path) && existsSync(note) && readFileSync(note, "utf8") === origin) continue;
    writeChanged(path, meterModule(readFileSync(from), { maxPages: MAX_PAGES }));
    writeChanged(note, origin);
  }
}
