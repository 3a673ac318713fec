import type { Target } from "../targets/target.ts";
import type { ArrivalJob, Receiver } from "./load/job.ts";

/** One line of the report: how something arrives. */
export interface ArrivalCase {
  /** `S2 c=16`: how results and gates name it. */
  name: string;
  title: string;
  /** It waits for a whole minute: only in a full run, or when it is named, and not in every round of it. */
  slow?: boolean;
  job(target: Target, receiver: Receiver, seconds: number): ArrivalJob;
}

const READERS = 100;
const EVENTS_A_SECOND = 25;
const LEAST_EVENTS = 50;
const SCHEDULES = 1_000;

export const ARRIVAL_CASES: readonly ArrivalCase[] = [
  {
    name: "S1",
    title: `event to ${READERS} SSE readers`,
    job: ({ baseUrl, apiKey }, _receiver, seconds) => ({
      kind: "readers",
      baseUrl,
      apiKey,
      readers: READERS,
      events: Math.max(LEAST_EVENTS, Math.round(seconds * EVENTS_A_SECOND)),
    }),
  },
  ...[1, 16].map(
    (concurrency): ArrivalCase => ({
      name: `S2 c=${concurrency}`,
      title: "start to webhook's arrival",
      job: ({ baseUrl, apiKey }, receiver, seconds) => ({
        kind: "callbacks",
        baseUrl,
        apiKey,
        concurrency,
        seconds,
        minRuns: 50 * concurrency,
        receiver,
      }),
    }),
  ),
  {
    name: "S3",
    title: `${SCHEDULES.toLocaleString("en")} schedules in one minute`,
    slow: true,
    job: ({ name, baseUrl, apiKey }) => ({ kind: "schedules", target: name, baseUrl, apiKey, count: SCHEDULES }),
  },
];
