import type { JsonObject } from "../json.ts";

/** Something that a step, or the run, says for its record. */
export interface LogLine {
  /** debug, info, warn or error. */
  level: string;
  message: string;
  context?: JsonObject;
}
