import type { ExecutionRecord } from "../../contracts/execution.ts";
import type { RunStatus } from "../../engine/run/types.ts";

/** What a cell answers of an execution: only its status is read here. */
export function record(executionId: string, status: RunStatus): ExecutionRecord {
  return {
    execution_id: executionId,
    status,
    workflow: { name: "w", version: "1.0.0", slug: "w" },
    execution_mode: "async",
    inputs: {},
    progress: { completed: 0, total: 0, message: "" },
    created_at: "2026-11-20T12:00:00.000Z",
    started_at: null,
    finished_at: status === "canceled" ? "2026-11-20T12:00:01.000Z" : null,
    elapsed_ms: 0,
    steps: [],
    usage: { executions: 1, step_runs: 0, compute_ms: 0, egress_bytes: 0, ai_tokens: 0 },
    run_attempt: 1,
    last_event_id: 1,
  };
}
