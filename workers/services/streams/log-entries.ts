import { LOG_LEVELS, type LogEntry } from "../../../contracts/api/logs.ts";
import type { ExecutionEvent } from "../../../contracts/execution-event.ts";
import { isObject } from "../../../engine/json.ts";

export type LogLevel = (typeof LOG_LEVELS)[number];

const GRAVITY: readonly string[] = LOG_LEVELS;

/** A level that is not known is as grave as `info`. */
function gravity(level: string): number {
  const at = GRAVITY.indexOf(level);
  return at < 0 ? GRAVITY.indexOf("info") : at;
}

function entryOf({ id, timestamp, step_name, step_path, data }: ExecutionEvent): LogEntry {
  const { level, message, context } = data;
  const entry: LogEntry = { id, timestamp, level: String(level), message: String(message), step_name, step_path };
  return isObject(context) ? { ...entry, context } : entry;
}

/** The `log` events of a page as lines of a log, from a level on. */
export function logEntries(events: readonly ExecutionEvent[], least: LogLevel = "debug"): LogEntry[] {
  return events.map(entryOf).filter(({ level }) => gravity(level) >= gravity(least));
}
