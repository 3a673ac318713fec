import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { ActionCall, ActionResult } from "../../engine/run/types.ts";
import { buildGenerated } from "../../scripts/platform/bundle.ts";
import { transformRunner } from "../../workers/plugins/code/run-transform.ts";

const GENERATED = join(import.meta.dirname, "../../workers/plugins/code/generated");

/** What the code plugin does, in this process: for hosts without workerd. */
export async function transformsInNode(clock: () => number): Promise<(call: ActionCall) => ActionResult> {
  await buildGenerated();
  const module = (name: string): WebAssembly.Module =>
    new WebAssembly.Module(new Uint8Array(readFileSync(join(GENERATED, name))));
  const text = (name: string): string => readFileSync(join(GENERATED, name), "utf8");
  const modules = {
    quickJs: module("quickjs.wasm"),
    jq: module("jq.wasm"),
    javascript: text("javascript.txt"),
    jsonata: text("jsonata.txt"),
  };
  return transformRunner(modules, clock);
}
