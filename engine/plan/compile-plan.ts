import type { Pins, PinnedAction } from "../connector.ts";
import { pinKey } from "../connector.ts";
import { childBlocks } from "../definition/child-blocks.ts";
import type { StepDefinition, WorkflowDefinition } from "../definition/types.ts";
import { compileCondition, compileValue } from "../expressions/index.ts";
import type { Compiled, CompileResult } from "../expressions/types.ts";
import type { Json } from "../json.ts";
import { effectiveRetry } from "./effective-retry.ts";
import type { Plan, PlanSource, PlanStep } from "./types.ts";

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
  const steps = definition.steps.map((step) => compiler.step(step, ""));
  const outputs = new Map<string, Compiled>();
  for (const [name, output] of Object.entries(definition.outputs)) outputs.set(name, compiler.value(output.value));
  for (const { default: fallback } of Object.values(definition.inputs)) {
    if (fallback !== undefined) compiler.value(fallback);
  }
  return {
    definition,
    pins,
    steps,
    byAddress: compiler.byAddress,
    addressOf: compiler.addressOf,
    outputs,
    envNames: [...compiler.envNames],
    strict: definition.strict ?? false,
    timeoutMs: definition.timeoutMs,
  };
}

class PlanCompiler {
  readonly byAddress = new Map<string, PlanStep>();
  readonly addressOf = new Map<string, string>();
  readonly envNames = new Set<string>();
  readonly #definition: WorkflowDefinition;
  readonly #pins: Pins;

  constructor(definition: WorkflowDefinition, pins: Pins) {
    this.#definition = definition;
    this.#pins = pins;
  }

  step(definition: StepDefinition, enclosing: string): PlanStep {
    const address = enclosing === "" ? definition.id : `${enclosing}.${definition.id}`;
    const blocks: Record<string, PlanStep[]> = {};
    for (const { name, steps } of childBlocks(definition))
      blocks[name] = steps.map((child) => this.step(child, address));
    const action = definition.kind === "action" ? this.#pin(definition.connector, definition.action) : undefined;
    const condition = this.#condition(definition.condition);
    const forEach = this.#condition(definition.forEach);
    const step: PlanStep = {
      kind: definition.kind,
      id: definition.id,
      address,
      definition,
      condition,
      conditionPerItem:
        forEach !== undefined && (condition?.references.some((it) => ITERATION_ROOTS.has(it.root)) ?? false),
      forEach,
      input: definition.input === undefined ? undefined : this.value(definition.input),
      connection: definition.connection === undefined ? undefined : this.value(definition.connection),
      retry: effectiveRetry([definition.retry, action?.retry, this.#definition.retry]),
      timeoutMs: attemptTimeout(definition.timeoutMs, action?.timeoutMs),
      continueOnError: definition.continueOnError ?? false,
      maxConcurrency: loopWidth(definition),
      action,
      blocks,
    };
    this.byAddress.set(address, step);
    this.addressOf.set(definition.id, address);
    return step;
  }

  value(source: Json): Compiled {
    return this.#use(compileValue(source), source);
  }

  #condition(source: Json | undefined): Compiled | undefined {
    return source === undefined ? undefined : this.#use(compileCondition(source), source);
  }

  #use(result: CompileResult, source: Json): Compiled {
    if (!result.ok) throw new Error(`a validated template does not compile: ${JSON.stringify(source)}`);
    for (const { root, path } of result.compiled.references) {
      if (root === "env") this.envNames.add(path[0] ?? EVERY_ENV_NAME);
    }
    return result.compiled;
  }

  #pin(connector: string, action: string): PinnedAction {
    const pin = this.#pins[pinKey(connector, action)];
    if (!pin) throw new Error(`the plan has no pin for ${connector} ${action}`);
    return pin;
  }
}

function attemptTimeout(step: number | undefined, action: number | undefined): number {
  if (step === undefined && action === undefined) return DEFAULT_ATTEMPT_TIMEOUT_MS;
  return Math.min(step ?? MAX_ATTEMPT_TIMEOUT_MS, action ?? MAX_ATTEMPT_TIMEOUT_MS, MAX_ATTEMPT_TIMEOUT_MS);
}

function loopWidth(definition: StepDefinition): number {
  if (definition.forEach !== undefined && !definition.parallel) return 1;
  return Math.min(definition.maxConcurrency ?? MAX_IN_FLIGHT, MAX_IN_FLIGHT);
}
