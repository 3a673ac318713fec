import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { ActionCall, ActionResult } from "../../engine/run/types.ts";
import { buildGenerated } from "../../scripts/platform/bundle.ts";
import { type Modules, transformRunner } from "../../workers/plugins/code/run-transform.ts";

const GENERATED = join(import.meta.dirname, "../../workers/plugins/code/generated");

let runner: Promise<(call: ActionCall) => ActionResult> | undefined;

/** What no case scripts: transforms run as in the code plugin, and there is no model for agents. */
export async function callPlatform(call: ActionCall): Promise<ActionResult> {
  if (call.action.plugin === "none") return NO_MODEL;
  runner ??= loadRunner();
  return (await runner)(call);
}

/** True for a call that the script of a case does not answer. */
export function isForPlatform({ action }: ActionCall): boolean {
  return action.plugin === "code" || action.plugin === "none";
}

async function loadRunner(): Promise<(call: ActionCall) => ActionResult> {
  await buildGenerated();
  const modules: Modules = {
    inside: readFileSync(join(GENERATED, "inside.txt"), "utf8"),
    jq: new WebAssembly.Module(new Uint8Array(readFileSync(join(GENERATED, "jq.wasm")))),
    quickJs: new WebAssembly.Module(new Uint8Array(readFileSync(join(GENERATED, "quickjs.wasm")))),
  };
  return transformRunner(modules, () => 0);
}

const NO_MODEL: ActionResult = {
  ok: false,
  permanent: true,
  error: {
    code: "UNAVAILABLE",
    message: "There is no model here",
    details: { suggestion: "run it where there is one" },
  },
};
