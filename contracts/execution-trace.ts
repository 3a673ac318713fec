import type { Environment, ExecutionMode } from "./execution.ts";
import type { AttemptOutcome } from "./usage.ts";

/** One attempt of a step, as a span shows it. Times are epoch ms. */
export interface TracedAttempt {
  path: string;
  name: string;
  kind: string;
  /** `namespace/name`; empty for what calls no connector. */
  connector: string;
  action: string;
  attempt: number;
  startedAt: number;
  endedAt: number;
  outcome: AttemptOutcome;
  error?: { code: string; message: string };
  cached?: boolean;
  computeMs: number;
  egressBytes: number;
  aiTokens: number;
}

/** An execution that has ended and its attempts, out of its log: what a trace is made of. */
export interface ExecutionTrace {
  executionId: string;
  tenantId: string;
  environment: Environment;
  runAttempt: number;
  mode: ExecutionMode;
  workflow: { slug: string; name: string; version: string };
  traceparent?: string;
  /** The attempt of a step that started it. */
  parent?: { executionId: string; runAttempt: number; path: string; attempt: number };
  status: string;
  error?: { code: string; message: string };
  createdAt: number;
  startedAt: number | null;
  finishedAt: number;
  /** The first of them, at most `MOST_SPANS`. */
  attempts: TracedAttempt[];
  /** Attempts that are left out. */
  dropped: number;
}

/** Attempts of one execution that a trace shows. */
export const MOST_SPANS = 5_000;
