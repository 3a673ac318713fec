import type { StartBody } from "../../../contracts/api/executions.ts";
import { FARTHEST_MS } from "../../../contracts/api/durations.ts";
import type { Problem } from "../../../engine/source/problem.ts";
import { durationMs } from "./duration-ms.ts";

/** When a start asks to begin (epoch ms); undefined: at once, as a time in the past is. */
export function startTime({ delay, start_at: startAt }: StartBody, now: number): number | undefined {
  const at = startAt === undefined ? now + durationMs(delay ?? 0) : Date.parse(startAt);
  return at > now ? Math.round(at) : undefined;
}

/** What is wrong with the time that a start asks for. */
export function startTimeProblems(body: StartBody, now: number): Problem[] {
  if (body.start_at === undefined) return [];
  if (body.delay !== undefined) return [{ path: "/start_at", message: '"delay" and "start_at" exclude each other.' }];
  return (startTime(body, now) ?? now) - now > FARTHEST_MS
    ? [{ path: "/start_at", message: '"start_at" must be at most 366 days ahead.' }]
    : [];
}
