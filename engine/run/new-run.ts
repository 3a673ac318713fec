import type { Instance, RunState } from "./state.ts";
import type { RunIdentity } from "./types.ts";

/** A run before its first event. */
export function newRun(identity: RunIdentity): RunState {
  return {
    identity,
    status: "pending",
    seq: 0,
    at: 0,
    inputs: {},
    env: {},
    trigger: null,
    principal: { roles: [], permissions: [] },
    startedAt: null,
    finishedAt: null,
    deadline: null,
    outputs: null,
    error: null,
    root: newInstance("", "", null, 0),
    steps: 0,
    instances: new Map(),
    open: new Map(),
    usage: { stepRuns: 0, compute_ms: 0, egress_bytes: 0, ai_tokens: 0 },
  };
}

/** An instance as it is when it opens. */
export function newInstance(path: string, address: string, parent: string | null, at: number): Instance {
  return { path, address, parent, status: "running", attempt: 0, startedAt: at, opened: 0, settled: 0 };
}
