import { ExpressionError } from "../expressions/expression-error.ts";
import { containsSecret } from "../expressions/index.ts";
import type { RunError } from "../errors.ts";
import type { JsonObject } from "../json.ts";
import type { Plan, PlanStep } from "../plan/types.ts";
import { behaviourOf } from "../steps/all-step-kinds.ts";
import { loop, openLoop } from "../steps/loop/behaviour.ts";
import { progressSequence } from "../steps/sequence.ts";
import { apply, stepOf } from "./apply.ts";
import { refusalOf } from "./authorization.ts";
import { actionCall } from "./effects.ts";
import { MAX_NODES_PER_TURN, passesStepLimit } from "./limits.ts";
import { decideRetry, fractionOf } from "./retry.ts";
import { RunScope } from "./scope.ts";
import { type Instance, isLeaf, type RunState } from "./state.ts";
import type { ActionResult, AttemptUsage, Effect, EngineEvent, EngineInput, StampedEvent } from "./types.ts";

/**
 * One transition in progress. Containers (the workflow, loops, parallel lists) are *progressed*: they look at the state of
 * their children and do what can be done. So what remains after a bound, a crash or a failure always stands in the state.
 */
export class Turn {
  readonly plan: Plan;
  readonly state: RunState;
  readonly now: number;
  readonly events: StampedEvent[] = [];
  readonly effects: Effect[] = [];
  #nodes = 0;
  readonly #ready: Instance[] = [];
  #draining = false;

  constructor(plan: Plan, state: RunState, now: number) {
    this.plan = plan;
    this.state = state;
    this.now = now;
  }

  /** Records a fact: it is applied at once and answered in `events`. */
  emit(event: EngineEvent): void {
    const stamped: StampedEvent = { ...event, seq: this.state.seq + 1, at: this.now };
    apply(this.plan, this.state, stamped);
    this.events.push(stamped);
  }

  /** The scope of the step at `path`. */
  scope(path: string): RunScope {
    return new RunScope(this.plan, this.state, path, this.now);
  }

  get running(): boolean {
    return this.state.status === "running";
  }

  /** True when this transition has done its share: containers stop opening children, and go on in the next one. */
  get exhausted(): boolean {
    return this.#nodes >= MAX_NODES_PER_TURN;
  }

  start(input: Extract<EngineInput, { type: "start" }>): void {
    const env = containsSecret(input.env ?? null) ? {} : input.env;
    const trigger = containsSecret(input.trigger ?? null) ? null : input.trigger;
    const timeoutMs = input.timeoutMs ?? this.plan.timeoutMs;
    const deadline = timeoutMs === undefined ? undefined : this.now + timeoutMs;
    this.emit({ type: "workflow.started", inputs: input.inputs, env, trigger, deadline, principal: input.principal });
    if (input.failure) return this.fail(input.failure);
    if (deadline !== undefined) this.effects.push({ type: "setTimer", name: "workflow", due: deadline });
    this.ready(this.state.root);
  }

  /** Opens a step: decides its condition and its loop, then hands it to its kind. `path` has its index in an iteration. */
  open(step: PlanStep, path: string, iteration: boolean): void {
    this.#nodes += 1;
    const isLoop = step.forEach !== undefined && !iteration;
    if (!isLoop && passesStepLimit(this)) return;
    try {
      if (step.condition && step.conditionPerItem === iteration && !step.condition.test(this.scope(path))) {
        this.emit({ type: "step.skipped", path });
      } else if (this.#refused(step, path)) {
        return;
      } else if (isLoop) {
        openLoop(this, step, path);
      } else {
        behaviourOf(step.kind).open(this, step, path);
      }
    } catch (error) {
      this.emit({ type: "step.failed", path, error: expressionFailure(error) });
    }
  }

  /** `authorization` of a step: who started the execution may not run it (section 2). */
  #refused(step: PlanStep, path: string): boolean {
    const refusal = refusalOf(step.definition.authorization, this.state.principal);
    if (refusal === undefined) return false;
    const message = `Step ${step.id} may not be run by who started the execution: ${refusal}`;
    this.emit({ type: "step.failed", path, error: { code: "FORBIDDEN", message } });
    return true;
  }

  /** Opens a leaf's attempt and asks the host to call it. Input is evaluated once: every attempt sends the same. */
  dispatch(step: PlanStep, path: string): void {
    const scope = this.scope(path);
    const input = step.input?.evaluate(scope) ?? {};
    const connection = step.connection?.evaluate(scope);
    this.emit({ type: "step.started", path, attempt: 1, input, connection });
    this.#call(step, path);
  }

  settleAttempt(path: string, attempt: number, result: ActionResult): void {
    const instance = this.state.open.get(path);
    if (instance?.status !== "running" || instance.attempt !== attempt) return;
    if (result.ok && !containsSecret(result.output)) {
      this.emit({ type: "step.completed", path, output: result.output, usage: result.usage });
    } else if (result.ok) {
      this.emit({ type: "step.failed", path, error: POSES_AS_SECRET, usage: result.usage });
    } else {
      const step = stepOf(this.plan, instance);
      const fraction = fractionOf(`${this.state.identity.executionId}:${path}:${attempt}`);
      const decision = decideRetry(step.retry, result, attempt, step.action?.idempotent ?? true, fraction);
      if (decision.retry) {
        const due = this.now + decision.delayMs;
        this.emit({ type: "step.retrying", path, attempt, error: decision.error, due, usage: result.usage });
        this.effects.push({ type: "setTimer", name: `retry:${path}`, due });
        return;
      }
      this.emit({ type: "step.failed", path, error: decision.error, usage: result.usage });
    }
    this.#readyParent(instance);
  }

  retry(path: string): void {
    const instance = this.state.open.get(path);
    if (instance?.status !== "retrying") return;
    this.emit({ type: "step.started", path, attempt: instance.attempt + 1 });
    this.#call(stepOf(this.plan, instance), path);
  }

  progress(input: Extract<EngineInput, { type: "progress" }>): void {
    const instance = this.state.open.get(input.path);
    if (instance?.status !== "running" || instance.attempt !== input.attempt) return;
    this.emit({ type: "step.progress", path: input.path, percent: input.percent, message: input.message });
  }

  cancel(error: RunError, actor: string | undefined): void {
    this.cancelBelow("");
    this.emit({ type: "workflow.canceled", error, actor });
    this.#clearDeadline();
  }

  timeOut(): void {
    const started = this.state.startedAt ?? this.now;
    if (this.state.deadline === null) return;
    if (this.now < this.state.deadline) {
      // The timer's clock was ahead of this transition's, which shares its time with others of one commit.
      this.effects.push({ type: "setTimer", name: "workflow", due: this.state.deadline });
      return;
    }
    const timeoutMs = this.state.deadline - started;
    this.cancelBelow("");
    this.emit({
      type: "workflow.timed_out",
      error: {
        code: "TIMEOUT",
        message: `Execution exceeded its timeout of ${timeoutMs / 1000}s`,
        details: { timeout_ms: timeoutMs, elapsed_ms: this.now - started },
      },
    });
  }

  fail(error: RunError): void {
    this.cancelBelow("");
    this.emit({ type: "workflow.failed", error });
    this.#clearDeadline();
  }

  /** The workflow's last step is settled: its outputs are evaluated, and it is over. */
  complete(): void {
    try {
      const scope = this.scope("");
      const outputs: JsonObject = {};
      for (const [name, value] of this.plan.outputs) outputs[name] = value.evaluate(scope);
      this.emit({ type: "workflow.completed", outputs });
      this.#clearDeadline();
    } catch (error) {
      this.fail(expressionFailure(error));
    }
  }

  /** Ends every open step below `path` (not `path` itself), innermost first; calls in flight are aborted. */
  cancelBelow(path: string): void {
    for (const instance of [...this.state.open.values()].reverse()) {
      if (path !== "" && !instance.path.startsWith(`${path}.`) && !instance.path.startsWith(`${path}[`)) continue;
      if (instance.status === "retrying") this.effects.push({ type: "clearTimer", name: `retry:${instance.path}` });
      if (isLeaf(instance)) this.effects.push({ type: "abortCall", path: instance.path, attempt: instance.attempt });
      const called = isLeaf(instance) && instance.status === "running";
      this.emit({ type: "step.canceled", path: instance.path, usage: called ? CUT_SHORT : undefined });
    }
  }

  /** After a bound or a restart: every open container does what it can. */
  resumeContainers(): void {
    for (const instance of this.state.open.values()) if (!isLeaf(instance)) this.#ready.push(instance);
    this.ready(this.state.root);
  }

  /** Progresses `container`, and then whatever that makes ready, without recursion. */
  ready(container: Instance): void {
    this.#ready.push(container);
    if (this.#draining) return;
    this.#draining = true;
    for (let next = this.#ready.pop(); next; next = this.#ready.pop()) {
      if (!this.running) break;
      this.#progress(next);
    }
    this.#draining = false;
    if (this.running && this.exhausted) this.effects.push({ type: "continue" });
  }

  #progress(container: Instance): void {
    if (container === this.state.root) return progressSequence(this, container, this.plan.steps);
    if (!this.state.open.has(container.path)) return;
    const step = stepOf(this.plan, container);
    if (container.items) loop.progress(this, step, container);
    else behaviourOf(step.kind).progress?.(this, step, container);
    if (!this.state.open.has(container.path)) this.#readyParent(container);
  }

  #readyParent(instance: Instance): void {
    const parent =
      instance.parent === null || instance.parent === "" ? undefined : this.state.instances.get(instance.parent);
    this.ready(parent ?? this.state.root);
  }

  #call(step: PlanStep, path: string): void {
    const instance = this.state.open.get(path);
    if (instance) this.effects.push({ type: "callAction", call: actionCall(this.state, step, instance, this.now) });
  }

  #clearDeadline(): void {
    if (this.state.deadline !== null) this.effects.push({ type: "clearTimer", name: "workflow" });
  }
}

/** An attempt that reached its plugin and was given up is a step run, whatever it had done by then (section 16). */
const CUT_SHORT: AttemptUsage = { compute_ms: 0, egress_bytes: 0 };

/** A plugin's answer must not smuggle in a mark that a later call would reveal. */
const POSES_AS_SECRET: RunError = {
  code: "VALIDATION",
  message: 'The output has a member named "$secret", which marks the platform\'s own secrets',
  details: { constraint: "$secret" },
};

function expressionFailure(error: unknown): RunError {
  if (error instanceof ExpressionError) {
    return { code: error.code, message: error.message, ...(error.details ? { details: error.details } : {}) };
  }
  throw error;
}
