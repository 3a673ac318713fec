import { type PinnedAction, type Pins, pinKey } from "../../engine/connector.ts";
import { allSteps } from "../../engine/definition/child-blocks.ts";
import type { SubworkflowStep, WorkflowDefinition } from "../../engine/definition/types.ts";
import { type PlanSource, subworkflowKey } from "../../engine/plan/types.ts";

/** What the actions of the connector `test/script` differ in; all else is the same. */
const ACTIONS: Readonly<Record<string, Partial<PinnedAction>>> = {
  run: {},
  /** Not idempotent. */
  charge: { idempotent: false },
  /** Is idempotent where its input names a method that is. */
  request: { idempotent: false, idempotentWith: { member: "method", methods: ["GET"], otherwise: true } },
  /** Its outputs are kept. */
  known: { cache: { ttlMs: 60_000 } },
  /** Somebody must approve. */
  guarded: { approval: { approvers: ["manager"], timeout: 60 } },
  /** Has a time limit of its own. */
  brief: { timeoutMs: 2_500 },
  /** Has a retry of its own. */
  patient: { retry: { maxAttempts: 2, backoff: "fixed", initialDelayMs: 45, jitter: false } },
};

/** Pins every action step of a case to the scripted connector, and every workflow that a step calls to one of `called`. */
export function sourceOf(definition: WorkflowDefinition, called: readonly WorkflowDefinition[]): PlanSource {
  const pins: Pins = {};
  const workflows: NonNullable<PlanSource["workflows"]> = {};
  for (const step of [...allSteps(definition.steps), ...allSteps(definition.graph?.nodes ?? [])]) {
    if (step.kind === "action") pins[pinKey(step.connector, step.action)] = pinned(step.action);
    if (step.kind === "subworkflow") workflows[subworkflowKey(step)] = workflowOf(step, definition, called);
  }
  return Object.keys(workflows).length > 0 ? { definition, pins, workflows } : { definition, pins };
}

function workflowOf(
  { workflow, version }: SubworkflowStep,
  caller: WorkflowDefinition,
  called: readonly WorkflowDefinition[],
): PlanSource | "self" {
  if (workflow === caller.slug && version === undefined) return "self";
  const found = called.find(({ slug, name }) => slug === workflow || name === workflow);
  if (found === undefined) throw new Error(`the case has no workflow ${workflow}`);
  return sourceOf(found, called);
}

function pinned(action: string): PinnedAction {
  const own = ACTIONS[action];
  if (own === undefined)
    throw new Error(`test/script has no action ${action}: it has ${Object.keys(ACTIONS).join(", ")}`);
  return {
    namespace: "test",
    connector: "script",
    version: "1.0.0",
    action,
    plugin: "toolbox",
    idempotent: true,
    handler: {},
    ...own,
  };
}
