import type { Json, JsonObject } from "../json.ts";

/*
 * The typed workflow, after reading and normalising: aliases resolved (`with` → input, `operation` → action, `name` → id),
 * durations in milliseconds, `workflow:`/bare forms unwrapped. It is plain JSON: it is what gets published, stored,
 * hashed (its digest pins it) and sent. Templates stay source text here; the plan compiles them.
 */

export interface RetryPolicy {
  maxAttempts: number;
  backoff: "none" | "fixed" | "linear" | "exponential";
  initialDelayMs: number;
  maxDelayMs: number;
  backoffFactor: number;
  jitter: boolean;
  /** undefined: the codes that a `retry` without `retry_on` repeats. */
  retryOn?: string[];
}

/** A retry as written: every field optional, so that step, action, handler, connector, workflow and default can be merged by precedence. */
export type PartialRetry = Partial<RetryPolicy>;

export interface InputDeclaration {
  type?: string;
  description?: string;
  /** Present when a default was written (null is a default too). May be a template. */
  default?: Json;
  required?: boolean;
  /** The whole declaration as JSON Schema (without `default` templates, `required: boolean`). */
  schema: JsonObject;
}

export interface OutputDeclaration {
  value: Json;
  description?: string;
}

export type ExecutionTarget = "local" | "cloud" | "self_hosted";

/** Fields that every step may carry (section 3). */
export interface StepCommon {
  id: string;
  name?: string;
  /** Template, bare expression or literal. */
  condition?: Json;
  forEach?: Json;
  /** With `forEach`: run iterations at once. */
  parallel?: boolean;
  maxConcurrency?: number;
  timeoutMs?: number;
  retry?: PartialRetry;
  continueOnError?: boolean;
  execution?: ExecutionTarget;
  input?: Json;
  authorization?: JsonObject;
  guardrails?: JsonObject;
  cache?: { ttlMs?: number; key?: Json };
  compensate?: StepDefinition[];
  metadata?: JsonObject;
  connection?: Json;
  /** Graph node members. */
  set?: JsonObject;
  keep?: JsonObject;
  mailbox?: JsonObject;
  onShutdown?: StepDefinition[];
  everyMs?: number;
}

export interface ActionStep extends StepCommon {
  kind: "action";
  /** As written: `connector:ns/name@range`, or a bare slug from `plugin:`. */
  connector: string;
  action: string;
  /** How long it waits for a connection that is missing; absent: it fails. */
  connectionWaitMs?: number;
}

/** `parallel: [steps]` */
export interface ParallelListStep extends StepCommon {
  kind: "parallel_list";
  steps: StepDefinition[];
}

export interface SubworkflowStep extends StepCommon {
  kind: "subworkflow";
  workflow: string;
  version?: string;
}

export interface IfStep extends StepCommon {
  kind: "if";
  /** The branch condition stands in `test` so that the common `condition` keeps one meaning. */
  test: Json;
  then: StepDefinition[];
  else?: StepDefinition[];
}

export interface SwitchStep extends StepCommon {
  kind: "switch";
  value: Json;
  cases: Record<string, StepDefinition[]>;
  default?: StepDefinition[];
}

export interface ForEachStep extends StepCommon {
  kind: "forEach";
  items: Json;
  ordered?: boolean;
  steps: StepDefinition[];
}

export interface ParallelStep extends StepCommon {
  kind: "parallel";
  branches: Record<string, StepDefinition[]>;
  join: "all" | "any" | { count: number };
}

export interface WaitStep extends StepCommon {
  kind: "wait";
  duration?: Json;
  until?: JsonObject;
}

export interface TryStep extends StepCommon {
  kind: "try";
  steps: StepDefinition[];
  catch?: StepDefinition[];
  finally?: StepDefinition[];
}

export interface TransformStep extends StepCommon {
  kind: "transform";
  language: string;
  expression: Json;
}

export interface AgentStep extends StepCommon {
  kind: "agent";
  agent: Json;
  backend?: string;
  budgets?: JsonObject;
}

export interface HandoffStep extends StepCommon {
  kind: "handoff";
  agent?: Json;
  selectAgent?: Json[];
  reason?: Json;
  context?: Json;
  resumeAfter?: boolean;
}

export interface ApprovalStep extends StepCommon {
  kind: "approval";
  approvers: Json;
  onTimeout?: "reject" | "allow" | "escalate";
  message?: Json;
  allowSelf?: boolean;
}

export interface OutputStep extends StepCommon {
  kind: "output";
  value: Json;
}

export type StepDefinition =
  | ActionStep
  | ParallelListStep
  | SubworkflowStep
  | IfStep
  | SwitchStep
  | ForEachStep
  | ParallelStep
  | WaitStep
  | TryStep
  | TransformStep
  | AgentStep
  | HandoffStep
  | ApprovalStep
  | OutputStep;

export type StepKind = StepDefinition["kind"];

export interface GraphEdge {
  from: string;
  to: string;
  when?: Json;
  priority?: number;
}

export interface WorkflowDefinition {
  name: string;
  slug: string;
  version: string;
  description?: string;
  strict?: boolean;
  inputs: Record<string, InputDeclaration>;
  outputs: Record<string, OutputDeclaration>;
  /** Sequence workflows. Empty when `nodes` is given. */
  steps: StepDefinition[];
  /** Graph workflows (section 5). */
  graph?: {
    mode: "standard" | "long_running";
    start?: string;
    nodes: StepDefinition[];
    edges: GraphEdge[];
    state?: JsonObject;
    until?: Json;
    idle?: string;
  };
  timeoutMs?: number;
  retry?: PartialRetry;
  triggers?: JsonObject[];
  execution?: JsonObject;
  authorization?: JsonObject;
  testing?: JsonObject;
  concurrency?: JsonObject;
  budget?: JsonObject;
  metadata?: JsonObject;
}
