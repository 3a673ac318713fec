import { COMPUTING_CONNECTORS } from "../../../connectors/first-party/computing-connectors.ts";
import { trustedName } from "../../../connectors/functions/trusted-names.ts";
import type { JsonObject } from "../../../engine/json.ts";
import { analytics } from "./analytics.ts";
import { calculator } from "./calculator.ts";
import { cryptoFunctions } from "./crypto.ts";
import { csv } from "./csv.ts";
import { data } from "./data.ts";
import { datetime } from "./datetime.ts";
import { json } from "./json.ts";
import { logging } from "./logging.ts";
import type { ToolFunction } from "./outcome.ts";
import { textFunctions } from "./text.ts";

/** A function with the schemas of its own manifest: what a caller sends along is not needed to run first-party code. */
export interface Tool {
  run: ToolFunction;
  input: JsonObject;
  output: JsonObject;
}

const FUNCTIONS: Readonly<Record<string, Readonly<Record<string, ToolFunction>>>> = {
  analytics,
  calculator,
  crypto: cryptoFunctions,
  csv,
  data,
  datetime,
  json,
  logging,
  text: textFunctions,
};

function collect(): Map<string, Tool> {
  const tools = new Map<string, Tool>();
  for (const manifest of COMPUTING_CONNECTORS) {
    for (const action of manifest.actions) {
      if (action.handler.kind !== "function" || trustedName(action.handler.function) !== undefined) continue;
      const run = FUNCTIONS[manifest.name]?.[action.name];
      if (run === undefined) throw new Error(`The toolbox has no code for ${action.handler.function}`);
      tools.set(action.handler.function, { run, input: action.input ?? {}, output: action.output ?? {} });
    }
  }
  return tools;
}

/** Every function of the toolbox by the name that `handler: {function}` gives it, such as `calculator.add`. */
export const TOOLS: ReadonlyMap<string, Tool> = collect();
