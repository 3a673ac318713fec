import type { StepDefinition } from "../definition/types.ts";
import { effectiveCache } from "../plan/effective-cache.ts";
import { effectiveRetry } from "../plan/effective-retry.ts";
import type { PlanSource } from "../plan/types.ts";
import { makesCall } from "../steps/makes-call.ts";
import { type Amounts, all, amount, between, either, NOTHING, perhaps, someOf, times } from "./amounts.ts";
import { constantTruth } from "./constant.ts";
import { constantCase } from "./constant-case.ts";
import { itemRange } from "./item-range.ts";
import type { Outline } from "./outline.ts";
import { calledWorkflow } from "./step-output-schema.ts";

/** What a called workflow takes. */
export type AmountsOfCall = (called: PlanSource) => Amounts;

const ONE = { least: 1, most: 1 };
const STEP = amount({ steps: ONE });
/** A subworkflow that is not pinned here. */
const UNKNOWN = amount({
  steps: { least: 0, most: null },
  step_runs: { least: 0, most: null },
  executions: { least: 1, most: null },
});

/** What the steps of one workflow take. */
export class StepAmounts {
  readonly #outline: Outline;
  readonly #called: AmountsOfCall;

  constructor(outline: Outline, called: AmountsOfCall) {
    this.#outline = outline;
    this.#called = called;
  }

  list(steps: readonly StepDefinition[] | undefined): Amounts {
    return all((steps ?? []).map((step) => this.step(step)));
  }

  step(step: StepDefinition): Amounts {
    const truth = step.condition === undefined ? true : constantTruth(step.condition);
    if (truth === false) return NOTHING;
    const undo = perhaps(this.list(step.compensate));
    const once = all([this.#body(step), undo]);
    const each = step.forEach === undefined ? once : times(once, itemRange(this.#outline, step.forEach));
    return all([truth === true ? each : perhaps(each), perhaps(this.list(step.onShutdown))]);
  }

  #body(step: StepDefinition): Amounts {
    const inner = this.#inner(step);
    // What may fail without stopping the run may fail before it does anything: its input, who may do it, its first step.
    return all([STEP, step.continueOnError === true ? perhaps(inner) : inner]);
  }

  #inner(step: StepDefinition): Amounts {
    switch (step.kind) {
      case "parallel_list":
        return this.list(step.steps);
      case "if": {
        const truth = constantTruth(step.test);
        if (truth !== undefined) return this.list(truth ? step.then : step.else);
        return either([this.list(step.then), this.list(step.else)]);
      }
      case "switch":
        return this.#switch(step);
      case "forEach":
        return times(this.list(step.steps), itemRange(this.#outline, step.items));
      case "parallel": {
        const branches = Object.values(step.branches).map((steps) => this.list(steps));
        if (step.join === "all") return all(branches);
        return someOf(branches, step.join === "any" ? 1 : step.join.count);
      }
      case "try":
        return this.#try(step);
      case "action":
      case "transform":
      case "agent":
      case "handoff":
        return this.#call(step);
      case "subworkflow": {
        const child = calledWorkflow(this.#outline.source, step);
        const cached = effectiveCache(step, undefined) === undefined ? 1 : 0;
        return times(child === undefined ? UNKNOWN : this.#called(child), {
          least: cached,
          most: this.#attempts(step),
        });
      }
      case "wait":
      case "approval":
      case "output":
        return NOTHING;
      default:
        return step satisfies never;
    }
  }

  #call(step: StepDefinition): Amounts {
    if (step.kind !== "handoff" && !makesCall(step)) return NOTHING;
    const cached = effectiveCache(step, this.#outline.pinOf(step)) !== undefined;
    const least = !cached && step.kind !== "agent" && step.kind !== "handoff" ? 1 : 0;
    const runs = { step_runs: { least, most: this.#attempts(step) } };
    if (step.kind !== "action") return amount(runs);
    const pin = this.#outline.pinOf(step);
    const connector =
      pin === undefined ? step.connector.replace(/^connector:/, "") : `${pin.namespace}/${pin.connector}`;
    return amount({ ...runs, [`action ${connector}.${step.action}`]: { least, most: 1 } });
  }

  #attempts(step: StepDefinition): number {
    return effectiveRetry([step.retry, this.#outline.pinOf(step)?.retry, this.#outline.definition.retry]).maxAttempts;
  }

  #switch(step: Extract<StepDefinition, { kind: "switch" }>): Amounts {
    const value = constantCase(step);
    const otherwise = this.list(step.default);
    if (value !== undefined) return Object.hasOwn(step.cases, value) ? this.list(step.cases[value]) : otherwise;
    return either([...Object.values(step.cases).map((steps) => this.list(steps)), otherwise]);
  }

  #try(step: Extract<StepDefinition, { kind: "try" }>): Amounts {
    const tried = this.list(step.steps);
    const tries = step.retry === undefined ? 1 : effectiveRetry([step.retry]).maxAttempts;
    const handler = this.list(step.catch);
    const least = step.catch === undefined ? tried : either([tried, handler]);
    const most = all([times(tried, { least: 1, most: tries }), handler]);
    return all([between(least, most), this.list(step.finally)]);
  }
}
