import inside from "./generated/inside.txt";
import jq from "./generated/jq.wasm";
import quickJs from "./generated/quickjs.wasm";
import type { Modules } from "./run-transform.ts";

/** The modules that stand beside this Worker's code. */
export const OWN_MODULES: Modules = { inside, jq, quickJs };
