import type { ExecutionHead } from "../../contracts/execution-record.ts";
import { stepRecord, usageRecord } from "../../contracts/execution-record.ts";
import type { Environment, StepRecord } from "../../contracts/execution.ts";
import type { CallContext, ConcurrencyRule, ExecutionProjection, StartCommand } from "../../contracts/rpc.ts";
import type { ActId } from "../../engine/run/going-on.ts";
import type { Principal } from "../../engine/run/authorization.ts";
import type { Plan } from "../../engine/plan/types.ts";
import type { RunState } from "../../engine/run/state.ts";

/** What a cell keeps of an execution beside its log, written once with the start. */
export interface StoredHead extends ExecutionHead {
  tenantId: string;
  environment: Environment;
  actor: string;
  runAttempt: number;
  timeoutMs?: number;
  traceparent?: string;
  principal?: Principal;
  /** Started as it is published; so are the executions that it starts. */
  published?: boolean;
  /** Executions above it whose steps started it. */
  depth?: number;
  /** Attempt of the parent's step that it runs for. */
  parentAttempt?: number;
  /** Run attempt of the parent in which it was started, where that is not the first. */
  parentRunAttempt?: number;
  concurrency?: ConcurrencyRule;
  /** Concurrency keys whose slots executions above it hold. */
  slots?: string[];
  priority?: number;
  /** Where its end is told. */
  callbackUrl?: string;
  /** Where it went on after an end, or with another version: from the event `seq` on, what held. None: it is as it began. */
  epochs?: Epoch[];
  /** Acts that came after its end and changed nothing, the newest last: its log is closed, their keys count all the same. */
  noted?: ActId[];
}

/** A part of an execution's log that one plan and one run attempt hold for. */
export interface Epoch {
  seq: number;
  plan: string;
  runAttempt: number;
}

export function headOf(command: StartCommand, createdAt: number): StoredHead {
  const { executionId, tenantId, environment, mode, actor, metadata, timeoutMs, traceparent } = command;
  const { principal, published, concurrency, priority, callbackUrl } = command;
  return {
    executionId,
    tenantId,
    environment,
    mode,
    actor,
    metadata,
    timeoutMs,
    traceparent,
    createdAt,
    runAttempt: 1,
    principal,
    published,
    concurrency,
    priority,
    callbackUrl,
  };
}

/** The read model's row, without its place in the outbox. */
export function projectionOf(plan: Plan, state: RunState, head: StoredHead): Omit<ExecutionProjection, "change"> {
  const { name, slug, version } = plan.definition;
  return {
    executionId: head.executionId,
    tenantId: head.tenantId,
    environment: head.environment,
    status: state.status,
    workflowSlug: slug,
    workflowName: name,
    workflowVersion: version,
    mode: head.mode,
    createdAt: head.createdAt,
    startedAt: state.startedAt,
    finishedAt: state.finishedAt,
    error: state.error && { code: state.error.code, message: state.error.message.slice(0, 2_000) },
    usage: usageRecord(state),
    runAttempt: head.runAttempt,
  };
}

export function callContextOf(plan: Plan, head: StoredHead): CallContext {
  const { name, slug, version } = plan.definition;
  return {
    tenantId: head.tenantId,
    environment: head.environment,
    executionId: head.executionId,
    workflowId: slug,
    workflowName: name,
    workflowVersion: version,
    ...(head.published === true ? { published: `${slug}@${version}` } : {}),
    runAttempt: head.runAttempt,
    isolated: head.mode === "isolated",
    traceparent: head.traceparent,
  };
}

/** The record of the step at a run-time path; null when the run has not come to it. */
export function stepOf(state: RunState, path: string): StepRecord | null {
  const instance = state.instances.get(path);
  return instance?.step ? stepRecord(instance.step, instance) : null;
}
