import type { Plan } from "../../engine/plan/types.ts";
import { apply, fold } from "../../engine/run/apply.ts";
import { newRun } from "../../engine/run/new-run.ts";
import type { RunState } from "../../engine/run/state.ts";
import { isTerminal, type Transition } from "../../engine/run/transition.ts";
import type { EngineInput, RunIdentity, StampedEvent } from "../../engine/run/types.ts";
import { ClockModel } from "./clock-model.ts";
import { Ledger } from "./ledger.ts";
import { MailModel } from "./mail-model.ts";
import { difference } from "./same.ts";
import { checkCounts, checkRest, type InHand } from "./state-checks.ts";
import { type StepEvent, StepModel } from "./step-model.ts";
import { must } from "./violation.ts";

/** Looks at every committed transition of a run and holds it against what its events mean. */
export class Watch {
  readonly steps: StepModel;
  readonly #plan: Plan;
  readonly #ledger: Ledger;
  readonly #mail: MailModel;
  readonly #clock = new ClockModel();
  /** The fold of every stored event so far: after each transition it is what was lived. */
  readonly #folded: RunState;
  readonly #identity: RunIdentity;
  #at = 0;
  #seq = 0;
  #ended = false;
  #compensates = true;

  constructor(plan: Plan, identity: RunIdentity) {
    this.#plan = plan;
    this.#identity = identity;
    this.#folded = newRun(identity);
    this.steps = new StepModel(plan);
    this.#ledger = new Ledger(plan);
    this.#mail = new MailModel(plan);
  }

  /** `stored` are the events as another process would read them. */
  observe(state: RunState, input: EngineInput, { events }: Transition, stored: readonly StampedEvent[]): void {
    if (input.type === "cancel" && !this.#ledger.lost) this.#compensates = input.compensate ?? false;
    for (const event of stored) apply(this.#plan, this.#folded, event);
    for (const event of events) this.#observe(event, state, input);
    const differs = difference(this.#folded, state);
    must(differs === undefined, () => `the fold differs from what was lived at ${differs}`);
    checkCounts(state, this.steps.steps);
    this.#ledger.compare(state);
    this.#mail.compare(state);
    if (!this.#ended) this.#clock.compare(state);
    must(isTerminal(state.status) === this.#ended, () => `status ${state.status}`);
  }

  /** The run rests: nothing is about to be done. */
  rest(state: RunState, hand: InHand): void {
    if (!this.#ended) checkRest(this.#plan, state, hand);
  }

  /** The whole log, folded from its beginning. */
  end(state: RunState, log: Iterable<StampedEvent>): void {
    const differs = difference(fold(this.#plan, this.#identity, log), state);
    must(differs === undefined, () => `the fold of the whole log differs at ${differs}`);
  }

  #observe(event: StampedEvent, state: RunState, input: EngineInput): void {
    must(!this.#ended, () => `${event.type} after the end`);
    must(event.seq === this.#seq + 1, () => `event ${event.seq} after ${this.#seq}`);
    must(event.at >= this.#at, () => `time runs back from ${this.#at} to ${event.at}`);
    this.#seq = event.seq;
    this.#at = event.at;
    this.#mail.observe(event);
    this.#clock.observe(event);
    if ("path" in event && event.path !== undefined) this.#observeStep(event as StepEvent, state);
    this.#ledger.observe(event);
    switch (event.type) {
      case "workflow.completed":
        must(state.open.size === 0, () => "the run is complete with open steps");
        this.#ended = true;
        return;
      case "workflow.failed":
      case "workflow.canceled":
      case "workflow.timed_out": {
        const abandoned = input.type === "fail" || this.#seq <= 2;
        const compensates = event.type !== "workflow.canceled" || this.#compensates;
        this.#ledger.ends(event, abandoned, compensates);
        this.#ended = true;
        return;
      }
      default:
    }
  }

  #observeStep(event: StepEvent, state: RunState): void {
    const { path } = event;
    const opened = this.steps.observe(event);
    if (opened === "step") this.#ledger.opens(path, this.steps.steps);
    else if (opened === undefined && event.type === "step.started" && event.attempt > 1) this.#ledger.tries(path);
    const visit = opened !== undefined && this.#plan.graph !== undefined && !/[.[]|@shutdown$/.test(path);
    if (visit) this.#ledger.visits(path, this.#mail.visit(path, state));
  }
}
