import type { Pins, PinnedAction } from "../connector.ts";
import type { RetryPolicy, StepDefinition, StepKind, WorkflowDefinition } from "../definition/types.ts";
import type { Compiled } from "../expressions/types.ts";

/** What is stored and sent for a version: plain JSON. `digest` = SHA-256 over its canonical JSON. */
export interface PlanSource {
  definition: WorkflowDefinition;
  pins: Pins;
}

/** A step with everything decided that can be decided before a run: compiled templates, effective retry and limits. */
export interface PlanStep {
  readonly kind: StepKind;
  readonly id: string;
  /** Static address: ids of the enclosing steps and its own, joined by `.`; without loop indexes. */
  readonly address: string;
  readonly definition: StepDefinition;
  readonly condition?: Compiled;
  /** The condition refers to `item`, `index`, `isFirst` or `isLast`: evaluated for each iteration. */
  readonly conditionPerItem: boolean;
  readonly forEach?: Compiled;
  readonly input?: Compiled;
  readonly connection?: Compiled;
  readonly retry: RetryPolicy;
  readonly timeoutMs: number;
  readonly continueOnError: boolean;
  readonly maxConcurrency: number;
  readonly action?: PinnedAction;
  /** Children by the name that `childBlocks` gives their block: `parallel`, `then`, `cases/high`, … */
  readonly blocks: Readonly<Record<string, readonly PlanStep[]>>;
}

/** An immutable, compiled workflow version. Built by `compilePlan(source)`; cached by digest. */
export interface Plan {
  readonly definition: WorkflowDefinition;
  readonly pins: Pins;
  readonly steps: readonly PlanStep[];
  /** Every step of the workflow by its static address. */
  readonly byAddress: ReadonlyMap<string, PlanStep>;
  /** Static address of every step by its id (ids are unique in a workflow). */
  readonly addressOf: ReadonlyMap<string, string>;
  readonly outputs: ReadonlyMap<string, Compiled>;
  /** Names under `env.` that any template reads, `*` for all: the host supplies exactly these at the start. */
  readonly envNames: readonly string[];
  readonly strict: boolean;
  readonly timeoutMs?: number;
}
