import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { ActionCall, ActionResult } from "../../engine/run/types.ts";
import { buildGenerated } from "../../scripts/platform/bundle.ts";
import { transformRunner } from "../../workers/plugins/code/run-transform.ts";

const GENERATED = join(import.meta.dirname, "../../workers/plugins/code/generated");

/** What the code plugin does, in this process: for hosts without workerd. */
export async function transformsInNode(): Promise<(call: ActionCall) => ActionResult> {
  await buildGenerated();
  const module = (name: string): WebAssembly.Module =>
    new WebAssembly.Module(new Uint8Array(readFileSync(join(GENERATED, name))));
  const modules = {
    quickJs: module("quickjs.wasm"),
    jq: module("jq.wasm"),
    inside: readFileSync(join(GENERATED, "inside.txt"), "utf8"),
  };
  return transformRunner(modules, Date.now);
}
