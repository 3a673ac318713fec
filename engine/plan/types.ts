import type { Pins, PinnedAction } from "../connector.ts";
import type { RetryPolicy, StepDefinition, StepKind, WorkflowDefinition } from "../definition/types.ts";
import type { Compiled } from "../expressions/types.ts";
import type { JsonObject } from "../json.ts";
import type { SchemaValidator } from "../schema/validate.ts";

/** What is stored and sent for a version: plain JSON. `digest` = SHA-256 over its canonical JSON. */
export interface PlanSource {
  definition: WorkflowDefinition;
  pins: Pins;
  /** Workflows that its steps call, by `subworkflowKey`: pinned whole, so that a run needs nobody to find them. */
  workflows?: Record<string, PlanSource | "self">;
}

/** The key of a subworkflow's pin: name or slug and version as the step writes them. */
export function subworkflowKey(step: { workflow: string; version?: string }): string {
  return `${step.workflow}@${step.version ?? ""}`;
}

/** A step with everything decided that can be decided before a run: compiled templates, effective retry and limits. */
export interface PlanStep {
  readonly kind: StepKind;
  readonly id: string;
  /** Static address: ids of the enclosing steps and its own, joined by `.`; without loop indexes. */
  readonly address: string;
  /** The block of the enclosing step (or workflow) that it stands in, as `childBlocks` names it: `then`, `steps`, … */
  readonly block: string;
  readonly definition: StepDefinition;
  readonly condition?: Compiled;
  /** The condition refers to `item`, `index`, `isFirst` or `isLast`: evaluated for each iteration. */
  readonly conditionPerItem: boolean;
  readonly forEach?: Compiled;
  readonly input?: Compiled;
  readonly connection?: Compiled;
  /** What the kind's own fields compile to, by field. */
  readonly parts: Readonly<Record<string, Compiled>>;
  readonly retry: RetryPolicy;
  /** Limit of one attempt of a step that calls; Infinity for a subworkflow without one. */
  readonly timeoutMs: number;
  /** Limit of the whole step: a container's `timeout`, `guardrails.timeLimit`. */
  readonly limitMs?: number;
  readonly continueOnError: boolean;
  readonly maxConcurrency: number;
  /** What it calls: an action, a transform in a plugin, a subworkflow, an agent. */
  readonly action?: PinnedAction;
  /** `action`: it is this action that asks for it, not the step. */
  readonly cache?: { readonly ttlMs: number; readonly key?: Compiled; readonly action?: string };
  /** What it must be approved by before it begins. */
  readonly approval?: JsonObject;
  readonly guard?: StepGuard;
  /** Fields of graph nodes, in the order written. */
  readonly set: readonly (readonly [string, Compiled])[];
  readonly keep: readonly (readonly [string, Compiled])[];
  /** It or a step inside it has a `compensate`: its iterations stay in memory. */
  readonly undoable: boolean;
  /** Children by the name that `childBlocks` gives their block: `parallel`, `then`, `cases/high`, … */
  readonly blocks: Readonly<Record<string, readonly PlanStep[]>>;
}

/** The guardrails that bind a step that is no agent (section 4). */
export interface StepGuard {
  readonly output?: SchemaValidator;
  readonly maxCost?: number;
  readonly maxTokens?: number;
}

/** One edge of a graph; those of a node stand in the order in which they are tried. */
export interface PlanEdge {
  readonly to: string;
  readonly when?: Compiled;
}

/** A node's mailbox (section 5). */
export interface MailboxRule {
  readonly size: number;
  readonly overflow: "block" | "drop_oldest" | "reject";
}

/** A graph workflow (section 5). */
export interface PlanGraph {
  readonly longRunning: boolean;
  readonly start: string;
  /** `start` is written: the first message is sent even without inputs. */
  readonly startNamed: boolean;
  readonly nodes: ReadonlyMap<string, PlanStep>;
  readonly edges: ReadonlyMap<string, readonly PlanEdge[]>;
  readonly mailboxes: ReadonlyMap<string, MailboxRule>;
  readonly state: JsonObject;
  readonly until?: Compiled;
  readonly idle: boolean;
}

/** An immutable, compiled workflow version. Built by `compilePlan(source)`; cached by digest. */
export interface Plan {
  readonly definition: WorkflowDefinition;
  readonly pins: Pins;
  /** The workflow's own steps; a graph's nodes. */
  readonly steps: readonly PlanStep[];
  readonly graph?: PlanGraph;
  /** Every step of the workflow by its static address. */
  readonly byAddress: ReadonlyMap<string, PlanStep>;
  /** Static address of every step by its id (ids are unique in a workflow). */
  readonly addressOf: ReadonlyMap<string, string>;
  readonly outputs: ReadonlyMap<string, Compiled>;
  /** Names under `env.` that any template reads, `*` for all: the host supplies exactly these at the start. */
  readonly envNames: readonly string[];
  /** Some step carries a `compensate`. */
  readonly undoable: boolean;
  readonly strict: boolean;
  /** See `ActionCall.blockOnExposure`. */
  readonly blockOnExposure: boolean;
  readonly timeoutMs?: number;
  readonly budget: Budget;
  /** The plan of a workflow that a step calls, by `subworkflowKey`. */
  subworkflow(key: string): { plan: Plan; source: PlanSource };
}

/** What a run may spend (sections 5 and 20). Times in milliseconds, cost in the currency that services report. */
export interface Budget {
  readonly maxSeconds?: number;
  readonly maxTokens?: number;
  readonly maxMessages?: number;
  readonly maxSteps?: number;
  readonly maxCost?: number;
  /** How long a spent budget waits for a raise. */
  readonly holdMs?: number;
}
