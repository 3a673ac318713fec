import type { Json, JsonObject } from "../../engine/json.ts";
import { isObject } from "../../engine/json.ts";
import type { StampedEvent } from "../../engine/run/types.ts";
import type { Played } from "./host.ts";
import type { SeenCall } from "./script.ts";

/** An event as the cases write it: `step.started a[1] #2`, `step.retrying a +40`, `message.accepted worker`. */
export function eventLine(event: StampedEvent): string {
  const words: string[] = [event.type];
  if ("path" in event && event.path !== undefined) words.push(event.path);
  if ("node" in event && typeof event.node === "string") words.push(event.node);
  if ("attempt" in event && event.attempt > 1) words.push(`#${event.attempt}`);
  if (event.type === "log") words.push(`${event.level}: ${event.message}`);
  if (event.type === "step.retrying") words.push(`+${event.due - event.at}`);
  return words.join(" ");
}

/** Those of `wanted` that are found in `lines` one after the other, whatever stands between them. */
export function inThisOrder(lines: readonly string[], wanted: readonly string[]): string[] {
  const found: string[] = [];
  for (const line of lines) if (line === wanted[found.length]) found.push(line);
  return found;
}

/** A call as the cases write it: `a[1]`, `a #2`. */
export function callLine({ path, attempt }: SeenCall): string {
  return attempt > 1 ? `${path} #${attempt}` : path;
}

/** Milliseconds that were decided before each further try, in order. */
export function delaysOf({ events }: Played): number[] {
  return events.flatMap((event) => (event.type === "step.retrying" ? [event.due - event.at] : []));
}

/** The part of `actual` that `expected` speaks of: maps are compared by the members that are written. */
export function partOf(actual: Json | undefined, expected: Json): Json {
  if (!isObject(expected) || !isObject(actual)) return actual ?? null;
  const part: JsonObject = {};
  for (const [key, member] of Object.entries(expected)) part[key] = partOf(actual[key], member);
  return part;
}

/** The sent inputs of a path, over all its attempts. */
export function callsOf({ calls }: Played, path: string): SeenCall[] {
  return calls.filter((call) => call.path === path);
}
