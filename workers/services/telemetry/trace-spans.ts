import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import type { ExecutionTrace, TracedAttempt } from "../../../contracts/execution-trace.ts";
import { type OtlpSpan, otlpAttributes, unixNano } from "./otlp-json.ts";

/** Made of what it stands for: whoever builds it again builds the same span. */
function spanId(...of: readonly (string | number)[]): string {
  return bytesToHex(sha256(utf8ToBytes(of.join("\0")))).slice(0, 16);
}

function attemptSpanId(executionId: string, runAttempt: number, path: string, attempt: number): string {
  return spanId(executionId, runAttempt, path, attempt);
}

/**
 * The trace and the span above the execution. What a caller sent stands above; a trace that began here has nothing above, and
 * its root is the span that outgoing calls have named as their parent (`traceparentOf`).
 */
function ancestry({ traceparent, parent, executionId, runAttempt }: ExecutionTrace) {
  const [, traceId = spanId(executionId, "trace") + spanId(executionId, "trace", 2), caller = ""] =
    traceparent?.split("-") ?? [];
  const own = spanId(executionId, runAttempt);
  if (parent) {
    return {
      traceId,
      rootId: own,
      above: attemptSpanId(parent.executionId, parent.runAttempt, parent.path, parent.attempt),
    };
  }
  if (caller === "") return { traceId, rootId: own };
  const begunHere = traceId.startsWith(caller);
  return begunHere && runAttempt === 1 ? { traceId, rootId: caller } : { traceId, rootId: own, above: caller };
}

/** An execution and its attempts as spans. */
export function traceSpans(trace: ExecutionTrace): OtlpSpan[] {
  const { executionId, runAttempt, workflow, mode, status, error, startedAt, createdAt, finishedAt, dropped } = trace;
  const { traceId, rootId, above } = ancestry(trace);
  const root: OtlpSpan = {
    traceId,
    spanId: rootId,
    parentSpanId: above,
    name: workflow.slug,
    kind: above === undefined || trace.parent ? 1 : 2,
    startTimeUnixNano: unixNano(startedAt ?? createdAt),
    endTimeUnixNano: unixNano(finishedAt),
    attributes: otlpAttributes({
      "smartify.execution.id": executionId,
      "smartify.execution.status": status,
      "smartify.execution.mode": mode,
      "smartify.run_attempt": runAttempt,
      "smartify.workflow.slug": workflow.slug,
      "smartify.workflow.version": workflow.version,
      "smartify.queued_ms": startedAt === null ? undefined : startedAt - createdAt,
      "smartify.attempts.dropped": dropped > 0 ? dropped : undefined,
      "error.type": error?.code,
    }),
    status: status === "completed" ? { code: 1 } : { code: 2, message: error?.message ?? status },
  };
  return [root, ...trace.attempts.map((attempt) => attemptSpan(trace, { traceId, rootId }, attempt))];
}

function attemptSpan(
  { executionId, runAttempt }: ExecutionTrace,
  { traceId, rootId }: { traceId: string; rootId: string },
  attempt: TracedAttempt,
): OtlpSpan {
  const { path, name, kind, connector, action, outcome, error, cached, startedAt, endedAt } = attempt;
  return {
    traceId,
    spanId: attemptSpanId(executionId, runAttempt, path, attempt.attempt),
    parentSpanId: rootId,
    name: `${name}`,
    kind: 3,
    startTimeUnixNano: unixNano(startedAt),
    endTimeUnixNano: unixNano(endedAt),
    attributes: otlpAttributes({
      "smartify.execution.id": executionId,
      "smartify.step.path": path,
      "smartify.step.kind": kind,
      "smartify.connector": connector === "" ? undefined : connector,
      "smartify.action": action === "" ? undefined : action,
      "smartify.attempt": attempt.attempt,
      "smartify.outcome": outcome,
      "smartify.cached": cached,
      "smartify.compute_ms": attempt.computeMs,
      "smartify.egress_bytes": attempt.egressBytes,
      "smartify.ai_tokens": attempt.aiTokens > 0 ? attempt.aiTokens : undefined,
      "error.type": error?.code,
    }),
    status: outcome === "completed" ? { code: 1 } : { code: outcome === "canceled" ? 0 : 2, message: error?.message },
  };
}
