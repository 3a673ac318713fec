import { type ExecutionTrace, MOST_SPANS, type TracedAttempt } from "../../contracts/execution-trace.ts";
import type { RunError } from "../../engine/errors.ts";
import type { Plan } from "../../engine/plan/types.ts";
import { addressOf } from "../../engine/run/path.ts";
import type { AttemptUsage, StampedEvent } from "../../engine/run/types.ts";
import { LargeReader } from "../archive/large-reader.ts";
import type { CellStorage } from "./cell-storage.ts";
import type { StoredHead } from "./execution-head.ts";
import type { PlanCache } from "./plan-cache.ts";

/** Longest message of an error that leaves with a trace. */
const MESSAGE_CHARS = 500;

const OUTCOMES = {
  "step.completed": "completed",
  "step.failed": "failed",
  "step.retrying": "retrying",
  "step.canceled": "canceled",
} as const;

type Settling = Extract<StampedEvent, { type: keyof typeof OUTCOMES }>;

const ENDS = {
  "workflow.completed": "completed",
  "workflow.failed": "failed",
  "workflow.canceled": "canceled",
  "workflow.timed_out": "timed_out",
} as const;

type Ending = Extract<StampedEvent, { type: keyof typeof ENDS }>;

/** The trace of an execution that has ended, from its stored log; null while it has not, or where it is not here. */
export function executionTrace(storage: CellStorage, plans: PlanCache, id: string): ExecutionTrace | null {
  const row = storage.execution(id);
  const plan = row && plans.find(row.plan);
  if (!row || !plan || row.finishedAt === null) return null;
  const { parent, parentAttempt, parentRunAttempt, ...head } = JSON.parse(row.head) as StoredHead;
  const { name, slug, version } = plan.definition;
  const trace: ExecutionTrace = {
    executionId: id,
    tenantId: head.tenantId,
    environment: head.environment,
    runAttempt: head.runAttempt,
    mode: head.mode,
    workflow: { slug, name, version },
    traceparent: head.traceparent,
    parent: parent && { ...parent, runAttempt: parentRunAttempt ?? 1, attempt: parentAttempt ?? 1 },
    status: "",
    createdAt: head.createdAt,
    startedAt: null,
    finishedAt: row.finishedAt,
    attempts: [],
    dropped: 0,
  };
  const open = new Map<string, { attempt: number; at: number }>();
  for (const event of storage.log(id, new LargeReader(storage, id, "notes"))) {
    if (event.type === "workflow.started") trace.startedAt ??= event.at;
    else if (isEnding(event)) {
      trace.status = ENDS[event.type];
      trace.error = "error" in event ? shortened(event.error) : undefined;
    } else if (event.type === "step.started" && event.attempt > 0) {
      open.set(event.path, { attempt: event.attempt, at: event.at });
    } else if (isSettling(event)) {
      const begun = open.get(event.path);
      open.delete(event.path);
      if (!begun) continue;
      if (trace.attempts.length < MOST_SPANS) trace.attempts.push(attemptOf(plan, event, begun));
      else trace.dropped += 1;
    }
  }
  return trace;
}

function isSettling(event: StampedEvent): event is Settling {
  return event.type in OUTCOMES;
}

function isEnding(event: StampedEvent): event is Ending {
  return event.type in ENDS;
}

function attemptOf(plan: Plan, event: Settling, begun: { attempt: number; at: number }): TracedAttempt {
  const step = plan.byAddress.get(addressOf(event.path));
  const action = step?.action;
  const usage: Partial<AttemptUsage> = event.usage ?? {};
  return {
    path: event.path,
    name: step?.definition.name ?? step?.id ?? event.path,
    kind: step?.kind ?? "",
    connector: action ? `${action.namespace}/${action.connector}` : "",
    action: action?.action ?? "",
    attempt: begun.attempt,
    startedAt: begun.at,
    endedAt: event.at,
    outcome: OUTCOMES[event.type],
    error: "error" in event ? shortened(event.error) : undefined,
    cached: event.type === "step.completed" ? event.cached : undefined,
    computeMs: usage.compute_ms ?? 0,
    egressBytes: usage.egress_bytes ?? 0,
    aiTokens: (usage.input_tokens ?? 0) + (usage.output_tokens ?? 0),
  };
}

function shortened({ code, message }: RunError): { code: string; message: string } {
  return { code, message: message.slice(0, MESSAGE_CHARS) };
}
