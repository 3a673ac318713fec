import { LOG_LEVELS } from "../../../connectors/first-party/logging.ts";
import { isObject, type JsonObject } from "../../../engine/json.ts";
import type { LogLine } from "../../../engine/run/log-line.ts";
import type { Outcome, ToolFunction } from "./outcome.ts";
import { asText, textOf } from "./read-input.ts";

function say(level: string, input: JsonObject): Outcome {
  const line: LogLine = { level, message: asText(input.message) };
  if (isObject(input.context)) line.context = input.context;
  return { ok: true, output: { logged: true, ...line }, logs: [line] };
}

/** Actions of `community/logging`: the line stands in the execution's log, and in the step's output. */
export const logging: Record<string, ToolFunction> = {
  log: (input) => say(textOf(input, "level"), input),
};
for (const level of LOG_LEVELS) {
  logging[level] = (input) => say(level, input);
  logging[`log_${level}`] = (input) => say(level, input);
}
