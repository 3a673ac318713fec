import { FIRST_PARTY } from "../../../connectors/first-party/all-connectors.ts";
import type { JsonObject } from "../../../engine/json.ts";
import { analytics } from "./analytics.ts";
import { calculator } from "./calculator.ts";
import { data } from "./data.ts";
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
  data,
  logging,
  text: textFunctions,
};

function collect(): Map<string, Tool> {
  const tools = new Map<string, Tool>();
  for (const manifest of FIRST_PARTY) {
    for (const action of manifest.actions) {
      if (action.handler.kind !== "function") continue;
      const run = FUNCTIONS[manifest.name]?.[action.name];
      if (run === undefined) throw new Error(`The toolbox has no code for ${action.handler.function}`);
      tools.set(action.handler.function, { run, input: action.input ?? {}, output: action.output ?? {} });
    }
  }
  return tools;
}

/** Every function of the toolbox by the name that `handler: {function}` gives it, such as `calculator.add`. */
export const TOOLS: ReadonlyMap<string, Tool> = collect();
