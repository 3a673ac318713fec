import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { ActionCall, ActionResult } from "../../engine/run/types.ts";
import { buildGenerated } from "../../scripts/platform/bundle.ts";
import { transformRunner } from "../../workers/plugins/code/run-transform.ts";

/** What the platform itself answers to a call, at once; undefined where the case does. */
type PlatformCalls = (call: ActionCall) => ActionResult | undefined;

const GENERATED = join(import.meta.dirname, "../../workers/plugins/code/generated");
const NO_MODEL: ActionResult = {
  ok: false,
  permanent: true,
  error: {
    code: "UNAVAILABLE",
    message: "There is no model here",
    details: { suggestion: "run it where there is one" },
  },
};

let loaded: Promise<PlatformCalls> | undefined;

/** What no case scripts: transforms run as in the code plugin, and there is no model for agents. */
export function platformCalls(): Promise<PlatformCalls> {
  loaded ??= load();
  return loaded;
}

async function load(): Promise<PlatformCalls> {
  await buildGenerated();
  const module = (name: string) => new WebAssembly.Module(new Uint8Array(readFileSync(join(GENERATED, name))));
  const text = (name: string) => readFileSync(join(GENERATED, name), "utf8");
  const modules = {
    jq: module("jq.wasm"),
    quickJs: module("quickjs.wasm"),
    javascript: text("javascript.txt"),
    jsonata: text("jsonata.txt"),
  };
  const transform = transformRunner(modules, () => 0);
  return (call) => {
    if (call.action.plugin === "none") return NO_MODEL;
    return call.action.plugin === "code" ? transform(call) : undefined;
  };
}
