import type { JsonObject } from "../engine/json.ts";
import type { Plan, PlanStep } from "../engine/plan/types.ts";
import { LISTED_ITERATIONS } from "../engine/run/forget.ts";
import { type Instance, type RunState, tallyOf } from "../engine/run/state.ts";
import { reasonToWait, stepWait } from "../engine/run/reason-to-wait.ts";
import { isTerminal } from "../engine/run/transition.ts";
import type { ExecutionMode, ExecutionRecord, StepRecord, UsageRecord } from "./execution.ts";

/** What a run does not know of itself: given when it was started. */
export interface ExecutionHead {
  executionId: string;
  mode: ExecutionMode;
  /** Epoch ms. */
  createdAt: number;
  metadata?: JsonObject;
  /** The step of another execution that it runs for. */
  parent?: { executionId: string; path: string };
}

const WORD: Partial<Record<PlanStep["kind"], string>> = { parallel_list: "parallel" };

/** The record of an execution at `now` (epoch ms), as `GET /workflows/executions/{id}` answers it (section 11). */
export function executionRecord(plan: Plan, state: RunState, head: ExecutionHead, now: number): ExecutionRecord {
  const { name, slug, version } = plan.definition;
  const record: ExecutionRecord = {
    execution_id: head.executionId,
    status: state.status,
    workflow: { name, version, slug },
    execution_mode: head.mode,
    inputs: state.inputs,
    progress: progress(plan, state),
    created_at: iso(head.createdAt),
    started_at: isoOrNull(state.startedAt),
    finished_at: isoOrNull(state.finishedAt),
    elapsed_ms: Math.max(0, (state.finishedAt ?? now) - (state.startedAt ?? head.createdAt)),
    steps: stepRecords(plan, state),
    usage: usageRecord(state),
    run_attempt: state.identity.runAttempt,
    last_event_id: state.seq,
  };
  if (state.outputs) record.result = { outputs: state.outputs };
  if (record.result && state.stopReason) record.result.stop_reason = state.stopReason;
  if (!isTerminal(state.status)) {
    const waits = reasonToWait(plan, state);
    if (waits) record.waiting_for = waits;
    if (state.ending) record.phase = "compensating";
  }
  if (head.parent) record.parent = { execution_id: head.parent.executionId, step: head.parent.path };
  if (state.error) record.error = state.error;
  if (head.metadata) record.metadata = head.metadata;
  return record;
}

/** The record of one opened step, loop or iteration. */
export function stepRecord(step: PlanStep, instance: Instance): StepRecord {
  const record: StepRecord = {
    id: step.id,
    path: instance.path,
    name: step.definition.name ?? step.id,
    type: WORD[step.kind] ?? step.kind,
    status: instance.status,
    attempt: instance.attempt,
    started_at: instance.status === "skipped" ? null : iso(instance.startedAt),
    finished_at: isoOrNull(instance.finishedAt ?? null),
    output: instance.output ?? null,
    error: instance.error ?? null,
  };
  if (instance.cached) record.cached = true;
  if (instance.isolate !== undefined) record.isolate = instance.isolate;
  const waits = stepWait(instance);
  if (waits) record.waiting_for = waits;
  if (instance.child !== undefined) record.execution_id = instance.child;
  return record;
}

/** The meters of a run so far (section 16). */
export function usageRecord(state: RunState): UsageRecord {
  const { stepRuns, compute_ms, egress_bytes, ai_tokens } = state.usage;
  return {
    executions: state.startedAt === null ? 0 : 1,
    step_runs: stepRuns,
    compute_ms: Math.round(compute_ms * 1000) / 1000,
    egress_bytes,
    ai_tokens,
  };
}

function stepRecords(plan: Plan, state: RunState): StepRecord[] {
  const records: StepRecord[] = [];
  for (const instance of state.instances.values()) {
    const { step } = instance;
    if (step && listed(instance.path)) records.push(stepRecord(step, instance));
  }
  const visited = (id: string) => (state.graph?.nodes.get(id)?.visits ?? 0) > 0;
  for (const step of plan.steps) if (!state.instances.has(step.id) && !visited(step.id)) records.push(unopened(step));
  return records;
}

/** Steps inside an iteration that is not listed are not listed either. */
function listed(path: string): boolean {
  if (!path.includes("[")) return true;
  return [...path.matchAll(/\[(\d+)\]/g)].every(([, index]) => Number(index) < LISTED_ITERATIONS);
}

/** A step that the run has not come to, or never did. */
function unopened(step: PlanStep): StepRecord {
  return {
    id: step.id,
    path: step.address,
    name: step.definition.name ?? step.id,
    type: WORD[step.kind] ?? step.kind,
    status: "pending",
    attempt: 0,
    started_at: null,
    finished_at: null,
    output: null,
    error: null,
  };
}

function progress(plan: Plan, state: RunState): ExecutionRecord["progress"] {
  const total = plan.steps.length;
  if (state.graph) {
    const visits = [...state.graph.nodes.values()].reduce((sum, node) => sum + node.visits, 0);
    const visited = [...state.graph.nodes.values()].filter((node) => node.visits > 0).length;
    return { completed: visited, total, message: `${visits} visits of ${visited} of ${total} nodes` };
  }
  // At most one of the workflow's own steps did not get to its end: the one that failed for good, or was stopped.
  const stopped = plan.steps.some(({ id }) => state.instances.get(id)?.status === "canceled");
  const { settled, failure } = tallyOf(state.root, "steps");
  const completed = settled - (failure !== undefined || stopped ? 1 : 0);
  const message = isTerminal(state.status)
    ? `${completed} of ${total} steps done`
    : `Processing step ${Math.min(completed + 1, total)} of ${total}`;
  return { completed, total, message };
}

function iso(at: number): string {
  return new Date(at).toISOString();
}

function isoOrNull(at: number | null): string | null {
  return at === null ? null : iso(at);
}
