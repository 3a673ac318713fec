import { type Json, type JsonMap, read, readList, readText } from "./json.ts";

/** The steps of a record by their path. */
export function stepsOf(record: JsonMap): Map<string, Json> {
  return new Map(readList(record, "steps").map((step) => [readText(step, "path"), step]));
}

/** What one step of a record gave; undefined when there is no such step. */
export function outputOf(record: JsonMap, path: string): Json | undefined {
  return read(stepsOf(record).get(path), "output");
}

/** Each path's status. */
export function statusesOf(record: JsonMap): Record<string, Json | undefined> {
  return Object.fromEntries([...stepsOf(record)].map(([path, step]) => [path, read(step, "status")]));
}
