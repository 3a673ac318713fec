import type { StartCommand } from "../../contracts/rpc.ts";
import type { Hold } from "../../engine/run/types.ts";

/** What a start waits for that is not to begin yet. */
export function timeHold({ startAt, concurrency }: StartCommand, now: number): Hold | undefined {
  if (startAt === undefined || startAt <= now) return undefined;
  const then = concurrency && { kind: "concurrency" as const, key: concurrency.key };
  return { kind: "time", due: startAt, ...(then ? { then } : {}) };
}
