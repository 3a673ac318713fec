import type { Json } from "../engine/json.ts";
import type { AttemptUsage } from "../engine/run/types.ts";

/** The attempt whose output is kept, and what it used. */
export interface CacheMaker {
  by: string;
  usage?: AttemptUsage;
}

/** An output that was kept. `own`: by the attempt that asks for it, whose cell was killed before it was recorded: no hit, and metered. */
export interface CachedOutput {
  output: Json;
  own?: { usage?: AttemptUsage };
}
