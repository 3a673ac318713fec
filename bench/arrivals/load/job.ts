/** What a generator of arrivals is told. */
export type ArrivalJob = { baseUrl: string; apiKey: string } & (
  | { kind: "readers"; readers: number; events: number }
  | { kind: "callbacks"; concurrency: number; seconds: number; minRuns: number; receiver: Receiver }
  | { kind: "schedules"; target: "floor" | "platform"; count: number }
);

/** Where ends of executions are told. */
export interface Receiver {
  /** The generator listens there. */
  port: number;
  /** The same address as the target knows it. */
  origin: string;
}

/** What it saw. */
export interface ArrivalTimes {
  /** Events, deliveries or starts: what costs are divided by. */
  count: number;
  p50Ms: number;
  p95Ms: number;
  p99Ms: number;
  /** Of S1 the median of each event's last reader; of the others the latest arrival. */
  lastMs: number;
}

/** What every load does, in this order; the measuring is around `run`. */
export interface ArrivalLoad {
  /** All that comes before the first measured arrival, warming up included. */
  prepare(): Promise<void>;
  run(): Promise<void>;
  /** Checks that all has come, once and in order, and answers the times. */
  collect(): Promise<ArrivalTimes>;
}
