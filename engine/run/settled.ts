import type { AttemptUsage, Spent } from "./types.ts";

/** What came with a step's end. */
export interface Settled {
  usage?: AttemptUsage;
  spent?: Spent;
  cached?: boolean;
  overridden?: boolean;
  signal?: number;
}

/** What stays true of a step that fails with what it was given: it was spent, and an event is consumed. */
export function takenBy({ usage, spent, signal }: Settled): Settled {
  return { usage, spent, signal };
}
