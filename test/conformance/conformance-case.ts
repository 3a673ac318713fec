import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import type { Json, JsonObject } from "../../engine/json.ts";
import type { HappeningInCase } from "./happenings.ts";
import type { StartOptions } from "./host.ts";
import type { Answers } from "./script.ts";

/** What a case says must be true afterwards. Only what is written is compared; README.md tells each member's meaning. */
export interface Expectation {
  refused?: string[];
  input_problems?: string[];
  status?: string;
  outputs?: JsonObject;
  error?: JsonObject;
  /** Null: the record does not list it. */
  steps?: JsonObject;
  record?: JsonObject;
  refusals?: string[];
  step_runs?: number;
  events?: string[];
  some_events?: string[];
  calls?: string[];
  sent?: Record<string, Json>;
  delays?: number[];
  delays_within?: [number, number][];
  same_request?: string[];
  in_flight?: number;
}

export interface ConformanceCase {
  /** The file it stands in, without `.yaml`. */
  topic: string;
  /** A sentence about the behaviour. */
  case: string;
  /** Ids of the requirements of README.md. */
  covers: string[];
  workflow: JsonObject;
  inputs?: JsonObject;
  env?: JsonObject;
  actions?: Record<string, Answers>;
  /** Workflows that its steps call. */
  workflows?: JsonObject[];
  start?: StartOptions;
  happen?: HappeningInCase[];
  expect: Expectation;
}

const FOLDER = join(import.meta.dirname, "cases");

/** Every case of `cases/*.yaml`, in the order of the files. */
export function loadCases(): ConformanceCase[] {
  const files = readdirSync(FOLDER).filter((file) => file.endsWith(".yaml"));
  return files.sort().flatMap((file) => {
    const topic = file.slice(0, -".yaml".length);
    const cases: Omit<ConformanceCase, "topic">[] = parse(readFileSync(join(FOLDER, file), "utf8"));
    return cases.map((one) => ({ topic, ...one }));
  });
}

/** The requirements of README.md's table: id → what is required. */
export function loadRequirements(): Map<string, string> {
  const table = readFileSync(join(import.meta.dirname, "README.md"), "utf8");
  const rows = [...table.matchAll(/^\| `([a-z-]+)` \| ([^|]+) \| ([^|]+) \|$/gm)];
  return new Map(rows.map(([, id, section, text]) => [id ?? "", `${section} ${text}`]));
}
