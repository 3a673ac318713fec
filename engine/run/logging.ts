import type { JsonObject } from "../json.ts";
import type { Turn } from "./turn.ts";
import type { LogLine } from "./log-line.ts";
import type { EngineEvent, EngineInput } from "./types.ts";

/** What an execution may log (section 20: `details.limit: log_bytes`), in characters: texts, contexts, and 100 a line. */
export const MAX_LOG_CHARS = 1_048_576;
const LINE_CHARS = 100;
/** Of one line: longer texts are cut, larger contexts left out. */
const MAX_MESSAGE_CHARS = 8_192;
const MAX_CONTEXT_CHARS = 16_384;
/** Of what a step says about how far it is. */
const MAX_PROGRESS_CHARS = 500;

/** What a line counts against the execution's limit. */
export function logSize({ message, context }: LogLine): number {
  return LINE_CHARS + message.length + (context ? JSON.stringify(context).length : 0);
}

/** Records log lines of a step, or of the run, as far as the execution may say any more; that it may not, it says once. */
export function recordLogs(turn: Turn, path: string | undefined, lines: readonly LogLine[]): void {
  const place = path === undefined ? {} : { path };
  for (const line of lines) {
    if (turn.state.logChars >= MAX_LOG_CHARS) return;
    const bounded = boundedLine(line);
    if (turn.state.logChars + logSize(bounded) > MAX_LOG_CHARS) {
      const message = `The execution has logged more than ${MAX_LOG_CHARS} characters: the rest is not recorded`;
      turn.emit({
        type: "log",
        level: "warn",
        message,
        context: { limit: "log_bytes", max: MAX_LOG_CHARS },
        full: true,
      });
      return;
    }
    turn.emit({ type: "log", ...place, ...bounded });
  }
}

/** A line that was reported while the run goes on. */
export function receiveLog(turn: Turn, input: Extract<EngineInput, { type: "log" }>): void {
  const { path, attempt, level, message, context } = input;
  if (attempt === undefined || isCurrent(turn, path, attempt)) recordLogs(turn, path, [{ level, message, context }]);
}

/** How far a step is: of its current attempt alone. */
export function receiveProgress(turn: Turn, input: Extract<EngineInput, { type: "progress" }>): void {
  const { path, attempt, percent, message } = input;
  if (!isCurrent(turn, path, attempt)) return;
  const fact: Extract<EngineEvent, { type: "step.progress" }> = { type: "step.progress", path };
  if (percent !== undefined) fact.percent = Math.min(100, Math.max(0, percent));
  if (message !== undefined) fact.message = message.slice(0, MAX_PROGRESS_CHARS);
  turn.emit(fact);
}

function isCurrent(turn: Turn, path: string | undefined, attempt: number): boolean {
  const instance = path === undefined ? undefined : turn.state.open.get(path);
  return instance?.status === "running" && instance.attempt === attempt;
}

function boundedLine({ level, message, context }: LogLine): LogLine {
  const said = message.length > MAX_MESSAGE_CHARS ? `${message.slice(0, MAX_MESSAGE_CHARS)}…` : message;
  return context ? { level, message: said, context: boundedContext(context) } : { level, message: said };
}

function boundedContext(context: JsonObject): JsonObject {
  const { length } = JSON.stringify(context);
  return length > MAX_CONTEXT_CHARS ? { left_out: `a context of ${length} characters` } : context;
}
