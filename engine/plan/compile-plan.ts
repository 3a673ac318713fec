import type { Pins, PinnedAction } from "../connector.ts";
import { childBlocks } from "../definition/child-blocks.ts";
import type { StepDefinition, WorkflowDefinition } from "../definition/types.ts";
import { compileCondition, compileValue } from "../expressions/index.ts";
import type { Compiled, CompileResult } from "../expressions/types.ts";
import { durationMs } from "../definition/duration.ts";
import type { Json, JsonObject } from "../json.ts";
import { isObject } from "../json.ts";
import { compileSchema } from "../schema/validate.ts";
import { blocksExposure } from "./blocks-exposure.ts";
import { compileGraph } from "./compile-graph.ts";
import { compileParts, type PartCompiler } from "./compile-parts.ts";
import { approvalGate } from "./approval-gate.ts";
import { effectiveCache } from "./effective-cache.ts";
import { effectiveRetry } from "./effective-retry.ts";
import { readBudget } from "./read-budget.ts";
import { stepCall } from "./step-call.ts";
import type { Plan, PlanSource, PlanStep, StepGuard } from "./types.ts";

/** Time limit of an attempt when nobody names one, and the most anyone may name (section 15). */
export const DEFAULT_ATTEMPT_TIMEOUT_MS = 120_000;
export const MAX_ATTEMPT_TIMEOUT_MS = 600_000;
/** Calls in flight of one `parallel: true` loop or execution (section 15). */
export const MAX_IN_FLIGHT = 100;

/** Stands in `envNames` when a template reads `env` as a whole. */
const EVERY_ENV_NAME = "*";

const ITERATION_ROOTS: ReadonlySet<string> = new Set(["item", "index", "isFirst", "isLast"]);

/**
 * Compiles a version once, for every execution of it. The source was validated when it was published, so a template
 * that does not compile here is a bug and throws.
 */
export function compilePlan(source: PlanSource): Plan {
  const { definition, pins } = source;
  const compiler = new PlanCompiler(definition, pins);
  const { graph } = definition;
  const steps = (graph?.nodes ?? definition.steps).map((step) => compiler.step(step, "", graph ? "nodes" : "steps"));
  const outputs = new Map<string, Compiled>();
  for (const [name, output] of Object.entries(definition.outputs)) outputs.set(name, compiler.value(output.value));
  for (const { default: fallback } of Object.values(definition.inputs)) {
    if (fallback !== undefined) compiler.value(fallback);
  }
  const { key } = definition.concurrency ?? {};
  if (key !== undefined) compiler.value(key);
  const compiledGraph = graph && compileGraph(graph, steps, compiler);
  const called = new Map<string, { plan: Plan; source: PlanSource }>();
  const plan: Plan = {
    definition,
    pins,
    steps,
    graph: compiledGraph,
    byAddress: compiler.byAddress,
    addressOf: compiler.addressOf,
    outputs,
    envNames: [...compiler.envNames],
    undoable: steps.some((step) => step.undoable),
    strict: definition.strict ?? false,
    blockOnExposure: blocksExposure(definition),
    timeoutMs: definition.timeoutMs,
    budget: readBudget(definition.budget),
    subworkflow(name) {
      const pinned = source.workflows?.[name];
      if (pinned === undefined) throw new Error(`the plan has no workflow ${name}`);
      if (pinned === "self") return { plan, source };
      const known = called.get(name) ?? { plan: compilePlan(pinned), source: pinned };
      called.set(name, known);
      return known;
    },
  };
  return plan;
}

class PlanCompiler implements PartCompiler {
  readonly byAddress = new Map<string, PlanStep>();
  readonly addressOf = new Map<string, string>();
  readonly envNames = new Set<string>();
  readonly #definition: WorkflowDefinition;
  readonly #pins: Pins;

  constructor(definition: WorkflowDefinition, pins: Pins) {
    this.#definition = definition;
    this.#pins = pins;
  }

  /** `undoing`: within a `compensate`. */
  step(definition: StepDefinition, enclosing: string, block: string, undoing = false): PlanStep {
    const address = enclosing === "" ? definition.id : `${enclosing}.${definition.id}`;
    const blocks: Record<string, PlanStep[]> = {};
    for (const { name, steps } of childBlocks(definition))
      blocks[name] = steps.map((child) => this.step(child, address, name, undoing || name === "compensate"));
    const action = stepCall(definition, this.#pins);
    const condition = definition.condition === undefined ? undefined : this.condition(definition.condition);
    const forEach = definition.forEach === undefined ? undefined : this.condition(definition.forEach);
    const step: PlanStep = {
      kind: definition.kind,
      id: definition.id,
      address,
      block,
      definition,
      condition,
      conditionPerItem:
        forEach !== undefined && (condition?.references.some((it) => ITERATION_ROOTS.has(it.root)) ?? false),
      forEach,
      input: definition.input === undefined ? undefined : this.value(definition.input),
      connection: definition.connection === undefined ? undefined : this.value(definition.connection),
      parts: compileParts(definition, this),
      retry: effectiveRetry([definition.retry, action?.retry, this.#definition.retry]),
      timeoutMs: attemptTimeout(definition, action?.timeoutMs),
      limitMs: wholeLimit(definition, action),
      continueOnError: definition.continueOnError ?? false,
      maxConcurrency: loopWidth(definition),
      action,
      cache: this.#cache(definition, action),
      approval: approvalGate(definition.authorization, undoing ? undefined : action),
      guard: guardOf(definition.guardrails),
      set: this.#assignments(definition.set),
      keep: this.#assignments(definition.keep),
      undoable:
        (definition.compensate?.length ?? 0) > 0 ||
        Object.values(blocks).some((children) => children.some((child) => child.undoable)),
      blocks,
    };
    this.byAddress.set(address, step);
    this.addressOf.set(definition.id, address);
    return step;
  }

  value(source: Json): Compiled {
    return this.#use(compileValue(source), source);
  }

  condition(source: Json): Compiled {
    return this.#use(compileCondition(source), source);
  }

  #use(result: CompileResult, source: Json): Compiled {
    if (!result.ok) throw new Error(`a validated template does not compile: ${JSON.stringify(source)}`);
    for (const { root, path } of result.compiled.references) {
      if (root === "env") this.envNames.add(path[0] ?? EVERY_ENV_NAME);
    }
    return result.compiled;
  }

  #cache(definition: StepDefinition, action: PinnedAction | undefined): PlanStep["cache"] {
    const cache = effectiveCache(definition, action);
    return cache && { ...cache, key: cache.key === undefined ? undefined : this.value(cache.key) };
  }

  #assignments(written: JsonObject | undefined): PlanStep["set"] {
    return Object.entries(written ?? {}).map(([key, source]) => [key, this.condition(source)] as const);
  }
}

/** A step that calls has a limit for each attempt; a subworkflow only when it says so. */
function attemptTimeout({ kind, timeoutMs }: StepDefinition, action: number | undefined): number {
  if (kind === "subworkflow") return timeoutMs ?? Number.POSITIVE_INFINITY;
  if (timeoutMs === undefined && action === undefined) return DEFAULT_ATTEMPT_TIMEOUT_MS;
  return Math.min(timeoutMs ?? MAX_ATTEMPT_TIMEOUT_MS, action ?? MAX_ATTEMPT_TIMEOUT_MS, MAX_ATTEMPT_TIMEOUT_MS);
}

/** `timeout` of a step that does not call, and `guardrails.timeLimit` of any. An approval's `timeout` is its own. */
function wholeLimit(step: StepDefinition, action: PinnedAction | undefined): number | undefined {
  const own = action === undefined && step.kind !== "approval" ? step.timeoutMs : undefined;
  const written = step.guardrails?.timeLimit;
  const guard = typeof written === "number" || typeof written === "string" ? durationMs(written) : undefined;
  return own === undefined ? guard : Math.min(own, guard ?? own);
}

function guardOf(guardrails: JsonObject | undefined): StepGuard | undefined {
  if (guardrails === undefined) return undefined;
  const { outputSchema, maxCost, maxTokens } = guardrails;
  return {
    output: isObject(outputSchema) ? compileSchema(outputSchema) : undefined,
    maxCost: typeof maxCost === "number" ? maxCost : undefined,
    maxTokens: typeof maxTokens === "number" ? maxTokens : undefined,
  };
}

function loopWidth(definition: StepDefinition): number {
  if (definition.forEach !== undefined && !definition.parallel) return 1;
  return Math.min(definition.maxConcurrency ?? MAX_IN_FLIGHT, MAX_IN_FLIGHT);
}
