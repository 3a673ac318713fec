import type { PlanStep } from "../plan/types.ts";
import type { Instance, Role, RunState } from "./state.ts";
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
    actor: null,
    startedAt: null,
    finishedAt: null,
    deadline: null,
    hold: null,
    pausedAt: null,
    outputs: null,
    error: null,
    root: newInstance("", null, "step", null, 0),
    steps: 0,
    logChars: 0,
    instances: new Map(),
    open: new Map(),
    busy: 0,
    waiting: 0,
    revisited: false,
    signals: [],
    signalIds: new Set(),
    acts: new Map(),
    noted: 0,
    budget: {},
    raised: new Set(),
    spent: { tokens: 0, cost: 0 },
    graph: null,
    undoable: [],
    undoing: null,
    ending: null,
    usage: { stepRuns: 0, compute_ms: 0, egress_bytes: 0, ai_tokens: 0 },
  };
}

/** An instance as it is when it opens. */
export function newInstance(
  path: string,
  step: PlanStep | null,
  role: Role,
  parent: string | null,
  at: number,
): Instance {
  return { path, step, role, parent, status: "running", attempt: 0, startedAt: at };
}
