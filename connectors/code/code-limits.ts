import { CONCURRENT } from "../services/concurrent-limit.ts";

/** What one call of a code connector may use (section 15), and what may be published. */
export const CODE_LIMITS = {
  /** All modules of a connector together, as UTF-8. */
  sourceBytes: 524_288,
  modules: 50,
  /** Time limit of a call when nobody sets one, and the longest (section 15). */
  timeoutMs: 120_000,
  longestTimeoutMs: 600_000,
  /** Computing time of a call for each core that the connector declares: it has half a core unless it says otherwise, and four at most. */
  cpuMsPerCore: 10_000,
  cores: { usual: 0.5, least: 0.01, most: 4 },
  /** Calls of one connection that run together. */
  concurrent: CONCURRENT,
  /** What a call is told of the run because its connector declared it. */
  contextBytes: 4_194_304,
  outputBytes: 1_048_576,
  /** Requests of one call that may be open together, and in all. */
  openRequests: 6,
  requests: 50,
  requestBytes: 1_048_576,
  responseBytes: 6_291_456,
  /** Lines of its log, and the length of one. */
  logLines: 500,
  logLineChars: 4_096,
  /** Times that it may say how far it is. */
  progressReports: 1_000,
} as const;
