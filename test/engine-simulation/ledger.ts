import { readBudget, raisedBudget } from "../../engine/plan/read-budget.ts";
import type { Budget, Plan } from "../../engine/plan/types.ts";
import { addressOf, loopDepth } from "../../engine/run/path.ts";
import type { RunState } from "../../engine/run/state.ts";
import type { StampedEvent } from "../../engine/run/types.ts";
import { must } from "./violation.ts";

const MAX_STEPS = 10_000;

/** What a run spends, what it may, and what it must undo: kept from the events alone. */
export class Ledger {
  readonly #plan: Plan;
  #budget: Budget = {};
  #maxSteps = MAX_STEPS;
  #tokens = 0;
  #cost = 0;
  #runs = 0;
  #computeMs = 0;
  #egressBytes = 0;
  #aiTokens = 0;
  /** Paths of completed steps with a compensation, in order of completion. */
  #undoable: string[] = [];
  #undoing: string | undefined;
  #ending: string | undefined;
  #stopping = false;
  #visits = 0;

  constructor(plan: Plan) {
    this.#plan = plan;
  }

  get lost(): boolean {
    return this.#ending !== undefined;
  }

  observe(event: StampedEvent): void {
    switch (event.type) {
      case "workflow.queued":
      case "workflow.started":
        if (event.inputs === undefined) return;
        this.#budget = raisedBudget(this.#plan.budget, readBudget(event.budget));
        this.#maxSteps = event.maxSteps ?? MAX_STEPS;
        return;
      case "workflow.resumed":
        this.#budget = raisedBudget(this.#budget, readBudget(event.budget));
        return;
      case "workflow.stopping":
        this.#stopping = true;
        return;
      case "workflow.compensating":
        must(this.#undoable.length > 0, () => "there is nothing to undo");
        this.#ending = event.ending.status;
        return;
      case "step.completed":
        this.#meter(event);
        if (this.#isUndoable(event.path) && this.#ending === undefined) this.#undoable.push(event.path);
        return;
      case "step.failed":
      case "step.retrying":
      case "step.canceled":
        return this.#meter(event);
      case "step.compensating": {
        const last = this.#undoable.pop();
        must(event.path === last, () => `${event.path} is undone before ${last}`);
        must(this.#undoing === undefined, () => `${event.path} is undone while ${this.#undoing} is`);
        this.#undoing = event.path;
        return;
      }
      case "step.compensated":
        must(event.path === this.#undoing, () => `${event.path} was not being undone`);
        this.#undoing = undefined;
        return;
      default:
    }
  }

  /** `abandoned`: the host gave the run up. `compensates`: this end undoes what was done. */
  ends(event: StampedEvent, abandoned: boolean, compensates: boolean): void {
    const ended = event.type.slice("workflow.".length);
    must(
      this.#ending === undefined || abandoned || this.#ending === ended,
      () => `${ended} instead of ${this.#ending}`,
    );
    must(!compensates || abandoned || this.#undoable.length === 0, () => `${this.#undoable.join(", ")} was not undone`);
    must(this.#undoing === undefined || abandoned, () => `${this.#undoing} is only half undone`);
  }

  /** A step opens: nothing may have been spent to its limit. `steps` counts it already. */
  opens(path: string, steps: number): void {
    if (this.#ending !== undefined) return;
    must(steps <= this.#maxSteps, () => `${path} is step ${steps} of at most ${this.#maxSteps}`);
    if (this.#stopping) return;
    const { maxSteps = Number.POSITIVE_INFINITY } = this.#budget;
    must(steps <= maxSteps, () => `${path} is step ${steps} of a budget of ${maxSteps}`);
    this.#unspent(path);
  }

  /** Another attempt is sent. */
  tries(path: string): void {
    if (this.#ending === undefined && !this.#stopping) this.#unspent(path);
  }

  /** A node is visited; `counts` is false for a message of `every`. */
  visits(path: string, counts: boolean): void {
    const { maxMessages = Number.POSITIVE_INFINITY } = this.#budget;
    must(this.#visits < maxMessages || this.lost, () => `${path} is a visit after ${maxMessages} messages`);
    if (counts) this.#visits += 1;
  }

  compare(state: RunState): void {
    const { usage, spent } = state;
    const same =
      usage.stepRuns === this.#runs &&
      usage.compute_ms === this.#computeMs &&
      usage.egress_bytes === this.#egressBytes &&
      usage.ai_tokens === this.#aiTokens &&
      spent.tokens === this.#tokens &&
      spent.cost === this.#cost;
    must(same, () => `usage ${JSON.stringify({ usage, spent })} is not the sum of the events`);
    const differs = state.undoable.join(" ") !== this.#undoable.join(" ");
    must(!differs, () => `to be undone are ${this.#undoable.join(" ")}, not ${state.undoable.join(" ")}`);
  }

  #unspent(path: string): void {
    const { maxTokens = Number.POSITIVE_INFINITY, maxCost = Number.POSITIVE_INFINITY } = this.#budget;
    must(this.#tokens < maxTokens, () => `${path} is sent after ${this.#tokens} of ${maxTokens} tokens`);
    must(this.#cost < maxCost, () => `${path} is sent after a cost of ${this.#cost} of ${maxCost}`);
  }

  #isUndoable(path: string): boolean {
    const step = this.#plan.byAddress.get(addressOf(path));
    if (!step?.blocks.compensate || path.endsWith("@shutdown")) return false;
    return loopDepth(path) === (step.forEach === undefined ? 0 : 1);
  }

  #meter({
    usage,
    spent,
  }: Extract<StampedEvent, { type: "step.completed" | "step.failed" | "step.retrying" | "step.canceled" }> & {
    spent?: { tokens: number; cost: number };
  }): void {
    const tokens = (usage?.input_tokens ?? 0) + (usage?.output_tokens ?? 0);
    this.#tokens += spent?.tokens ?? tokens;
    this.#cost += spent?.cost ?? usage?.cost ?? 0;
    if (!usage) return;
    this.#runs += 1;
    this.#computeMs += usage.compute_ms;
    this.#egressBytes += usage.egress_bytes;
    this.#aiTokens += tokens;
  }
}
