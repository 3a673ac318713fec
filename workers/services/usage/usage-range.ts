import type { UsageQuery } from "../../../contracts/api/usage.ts";
import { success, type Result } from "../../../contracts/errors.ts";
import { validationFailure } from "../../../contracts/validation-failure.ts";
import type { Problem } from "../../../engine/source/problem.ts";

const DAY_MS = 86_400_000;
/** How long a range may be, so that an answer stays an answer. */
const MOST_DAYS = { hour: 31, day: 400, month: 3_660, total: 3_660 } as const;
const EARLIEST = Date.UTC(2020, 0, 1);

/** Epoch ms; `to` not included. */
export interface UsageRange {
  from: number;
  to: number;
}

/** The range that is asked for, or everything that is wrong with it. */
export function usageRange(query: UsageQuery, now: number): Result<UsageRange> {
  const to = query.to === undefined ? now : Date.parse(query.to);
  const from = query.from === undefined ? to - 30 * DAY_MS : Date.parse(query.from);
  const problems: Problem[] = [];
  const wrong = (member: "from" | "to", message: string): void => {
    problems.push({ path: `/${member}`, message: `"${member}" ${message}` });
  };
  if (from < EARLIEST) wrong("from", "must not be before 2020.");
  if (to > now + DAY_MS) wrong("to", "must not be later than tomorrow.");
  if (from >= to) wrong("from", `must be before ${query.to === undefined ? "now" : '"to"'}.`);
  const most = MOST_DAYS[query.granularity];
  if (to - from > most * DAY_MS) wrong("from", `must be at most ${most} days before "to" for ${query.granularity}s.`);
  return problems.length > 0 ? validationFailure(problems) : success({ from, to });
}
