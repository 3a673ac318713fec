import javascript from "./generated/javascript.txt";
import jq from "./generated/jq.wasm";
import jsonata from "./generated/jsonata.txt";
import quickJs from "./generated/quickjs.wasm";
import type { Modules } from "./run-transform.ts";

/** The modules that stand beside this Worker's code. */
export const OWN_MODULES: Modules = { javascript, jq, jsonata, quickJs };
