import { LOG_LEVELS } from "../../../connectors/first-party/logging.ts";
import type { JsonObject } from "../../../engine/json.ts";
import { done, type Outcome, type ToolFunction } from "./outcome.ts";
import { asText, textOf } from "./read-input.ts";

function say(level: string, input: JsonObject): Outcome {
  const output: JsonObject = { logged: true, level, message: asText(input.message) };
  if (input.context !== undefined) output.context = input.context;
  return done(output);
}

/** Actions of `community/logging`: the step's own record is the log line. */
export const logging: Record<string, ToolFunction> = {
  log: (input) => say(textOf(input, "level"), input),
};
for (const level of LOG_LEVELS) {
  logging[level] = (input) => say(level, input);
  logging[`log_${level}`] = (input) => say(level, input);
}
