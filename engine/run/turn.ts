import { containsSecret } from "../expressions/index.ts";
import type { RunError } from "../errors.ts";
import type { Json, JsonObject } from "../json.ts";
import type { Plan, PlanStep } from "../plan/types.ts";
import { behaviourOf } from "../steps/all-step-kinds.ts";
import { loop, openLoop, progressIteration } from "../steps/loop/behaviour.ts";
import { apply } from "./apply.ts";
import { stepOf } from "./apply-step.ts";
import { openGate } from "./approvals.ts";
import { isIdempotent } from "./is-idempotent.ts";
import { refusalOf } from "./authorization.ts";
import { callInput } from "./call-input.ts";
import { actionCall } from "./effects.ts";
import { waitForConnection } from "./connection-waits.ts";
import { cutShort } from "./cut-short.ts";
import { end } from "./ending.ts";
import { expressionFailure } from "./expression-failure.ts";
import { gather } from "./gather.ts";
import { guardrailFailure, overspends } from "./guardrails.ts";
import { MAX_NODES_PER_TURN, MAX_OPERATIONS_PER_TURN, passesStepLimit } from "./limits.ts";
import { recordLogs } from "./logging.ts";
import { isInside } from "./path.ts";
import { type Settled, takenBy } from "./settled.ts";
import { spendsBudget } from "./pausing.ts";
import { POSES_AS_SECRET } from "./poses-as-secret.ts";
import { decideRetry, fractionOf } from "./retry.ts";
import { keeps } from "./retry-run.ts";
import { progressRoot } from "./root.ts";
import { awaitTask, withTaskUsage } from "./tasks.ts";
import { RunScope } from "./scope.ts";
import { type Instance, isCall, type RunState } from "./state.ts";
import type { ActionResult, Effect, EngineEvent, EngineInput, StampedEvent, TurnHost } from "./types.ts";
import { waitingFor } from "./waiting-for.ts";
import { workOfRecording } from "./work-of-recording.ts";

/**
 * One transition in progress. Containers (the workflow, loops, blocks) are *progressed*: they look at the state of their
 * children and do what can be done. So what remains after a bound, a crash or a failure always stands in the state.
 */
export class Turn {
  plan: Plan;
  readonly state: RunState;
  readonly now: number;
  readonly events: StampedEvent[] = [];
  readonly effects: Effect[] = [];
  /** Why a command changed nothing. */
  refusal: RunError | undefined;
  /** The run is being given up with what it did undone. */
  compensates = false;
  #nodes = 0;
  #operations = 0;
  #continues = false;
  /** The host has yet to say whether more may be opened: it delivers `continue` then. */
  #waits = false;
  readonly #ready: Instance[] = [];
  #draining = false;

  readonly host: TurnHost;

  constructor(plan: Plan, state: RunState, now: number, host: TurnHost = {}) {
    this.host = host;
    this.plan = plan;
    this.state = state;
    this.now = now;
  }

  /** Records a fact: it is applied at once and answered in `events`. Timers of a step that it settles are taken back. */
  emit(event: EngineEvent): void {
    const stamped: StampedEvent = { ...event, seq: this.state.seq + 1, at: this.now };
    const instance = "path" in event && event.path !== undefined ? this.state.open.get(event.path) : undefined;
    const before = instance && { status: instance.status, due: instance.due, wait: instance.wait, task: instance.task };
    apply(this.plan, this.state, stamped);
    this.events.push(stamped);
    this.#operations += workOfRecording(event);
    if (!before || !instance || this.state.open.has(instance.path)) return;
    if (before.status === "retrying") this.clearTimer(`retry:${instance.path}`);
    if (before.due !== undefined) this.clearTimer(`limit:${instance.path}`);
    if (before.task) this.clearTimer(`task:${instance.path}`);
    if (before.wait?.due !== undefined) this.clearTimer(`wait:${instance.path}`);
    if (before.wait?.kind === "connection" || (before.wait?.kind === "event" && before.wait.key !== undefined))
      this.effects.push({ type: "forgetEvent", path: instance.path });
  }

  setTimer(name: string, due: number): void {
    this.effects.push({ type: "setTimer", name, due });
  }

  clearTimer(name: string): void {
    this.effects.push({ type: "clearTimer", name });
  }

  /** The scope of the step at `path`; `output` is what it is about to give. */
  scope(path: string, output?: Json): RunScope {
    return new RunScope(this.plan, this.state, path, this.now, this.#work, output);
  }

  /** False before the start, while paused, and after the end. */
  get running(): boolean {
    return this.state.status === "running" || this.state.status === "waiting";
  }

  /** True when this transition has done its share: containers stop opening children, and go on in the next one. */
  get exhausted(): boolean {
    return this.#waits || this.#nodes >= MAX_NODES_PER_TURN || this.#operations >= MAX_OPERATIONS_PER_TURN;
  }

  /** True while `container` may open a child: it has not ended, nor has the run, nor is this transition's share done. */
  mayOpenIn(container: Instance, block: string): boolean {
    return this.running && !this.exhausted && this.isOpen(container, block);
  }

  isOpen(container: Instance, block = ""): boolean {
    if (container === this.state.root) return this.state.ending === null && this.running;
    return this.state.open.has(container.path) || block === "compensate";
  }

  /** Opens nothing more before the host says `continue`. */
  wait(): void {
    this.#waits = true;
  }

  /** Counts a unit of work that is no step of its own. */
  worked(): void {
    this.#nodes += 1;
  }

  readonly #work = (operations: number): void => {
    this.#operations += operations;
  };

  /** Opens a step: decides its condition and its loop, then hands it to its kind. `path` has its index in an iteration. */
  open(step: PlanStep, path: string, iteration: boolean): void {
    this.#nodes += 1;
    if (this.state.former && keeps(this, step, path, { type: "step.started", path, attempt: 0 })) return;
    const isLoop = step.forEach !== undefined && !iteration;
    const counts = !isLoop || (this.state.graph !== null && !path.includes("."));
    if (counts && (passesStepLimit(this) || spendsBudget(this))) return;
    try {
      if (step.condition && step.conditionPerItem === iteration && !step.condition.test(this.scope(path))) {
        this.emit({ type: "step.skipped", path });
      } else if (this.#refused(step, path)) {
        return;
      } else if (!iteration && step.approval !== undefined) {
        openGate(this, step, path);
      } else {
        this.begin(step, path, iteration);
      }
    } catch (error) {
      this.emit({ type: "step.failed", path, error: expressionFailure(error) });
    }
  }

  /** What follows the conditions, refusals and gates of a step. May throw an ExpressionError. */
  begin(step: PlanStep, path: string, iteration: boolean): void {
    if (step.forEach !== undefined && !iteration) openLoop(this, step, path);
    else behaviourOf(step.kind).open(this, step, path);
  }

  /** Opens a container and lets it do what it can. */
  openContainer(
    step: PlanStep,
    path: string,
    fact: { branch?: string | null; value?: Json; items?: Json[] } = {},
  ): void {
    const due = this.dueOf(step);
    this.emit({ type: "step.started", path, attempt: 0, ...fact, ...(due === undefined ? {} : { due }) });
    if (due !== undefined) this.setTimer(`limit:${path}`, due);
    const instance = this.state.open.get(path);
    if (instance) this.ready(instance);
  }

  /** When the whole of a step that begins now has taken too long. */
  dueOf(step: PlanStep): number | undefined {
    return step.limitMs === undefined ? undefined : this.now + step.limitMs;
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
    const input = callInput(step, scope);
    const connection = step.connection?.evaluate(scope);
    const cacheKey = step.cache?.key?.evaluate(scope);
    const due = this.dueOf(step);
    this.emit({ type: "step.started", path, attempt: 1, input, connection, due, cacheKey });
    if (due !== undefined) this.setTimer(`limit:${path}`, due);
    this.#call(path);
  }

  settleAttempt(path: string, attempt: number, result: ActionResult): void {
    const instance = this.state.open.get(path);
    if (instance?.status !== "running" || instance.attempt !== attempt || !isCall(instance)) return;
    if (!result.ok && result.pending) return awaitTask(this, instance, result.pending, result.usage);
    const { spent, logs } = result;
    const usage = withTaskUsage(instance, result.usage);
    if (logs) recordLogs(this, path, logs);
    if (!result.ok && containsSecret(result.error.details ?? null)) {
      const { code, message } = result.error;
      return this.settleAttempt(path, attempt, { ...result, error: { code, message }, logs: undefined });
    }
    if (result.ok && !containsSecret(result.output)) {
      const output = instance.step?.kind === "transform" ? { result: result.output } : result.output;
      this.settle(instance, output, { usage, spent, cached: result.cached });
    } else if (result.ok) {
      this.emit({ type: "step.failed", path, error: POSES_AS_SECRET, usage, spent });
    } else {
      const step = stepOf(instance);
      if (waitForConnection(this, instance, result)) return;
      const fraction = fractionOf(`${this.state.identity.executionId}:${path}:${attempt}`);
      const decision = decideRetry(
        step.retry,
        result,
        attempt - (instance.connectionWaits ?? 0),
        step.action === undefined || isIdempotent(step.action, instance.input),
        fraction,
      );
      const overspent = decision.retry ? overspends(step, instance, result) : undefined;
      if (decision.retry && !overspent) {
        const due = this.now + decision.delayMs;
        this.emit({ type: "step.retrying", path, attempt, error: decision.error, due, usage, spent });
        this.setTimer(`retry:${path}`, due);
        return;
      }
      this.emit({ type: "step.failed", path, error: overspent ?? decision.error, usage, spent });
    }
    this.readyParent(instance);
  }

  /** Completes a step with what it gives, unless a guardrail or an assignment of its node says otherwise. */
  settle(instance: Instance, output?: Json, settled: Settled = {}): void {
    const { path, role } = instance;
    const step = stepOf(instance);
    const visit = this.state.graph !== null && instance.parent === "" && instance.index === undefined;
    const assigns = visit && role !== "shutdown" && (step.set.length > 0 || step.keep.length > 0);
    const guard = role === "step" ? step.guard?.output : undefined;
    const fact: Extract<EngineEvent, { type: "step.completed" }> = { type: "step.completed", path, output, ...settled };
    if (assigns || guard) {
      const value = output ?? gather(this.state, instance);
      const problems = guard?.validate(value) ?? [];
      if (problems.length > 0) {
        this.emit({ type: "step.failed", path, error: guardrailFailure(step.id, problems), ...takenBy(settled) });
        return;
      }
      try {
        const scope = this.scope(path, value);
        if (assigns && step.set.length > 0) fact.set = assigned(step.set, scope);
        if (assigns && step.keep.length > 0) fact.keep = assigned(step.keep, scope);
      } catch (error) {
        this.emit({ type: "step.failed", path, error: expressionFailure(error), ...takenBy(settled) });
        return;
      }
    }
    this.emit(fact);
  }

  retry(path: string): void {
    const instance = this.state.open.get(path);
    if (instance?.status !== "retrying" || !this.running) return;
    if (this.notYet(`retry:${path}`, instance.retryDue)) return;
    if (!isCall(instance)) return this.ready(instance);
    if (spendsBudget(this, "again")) {
      // Not paused: the host has yet to say, and is asked again.
      if (this.running) this.setTimer(`retry:${path}`, this.now + ASK_AGAIN_MS);
      return;
    }
    this.emit({ type: "step.started", path, attempt: instance.attempt + 1 });
    this.#call(path);
  }

  /**
   * The timer's clock was ahead of this transition's, which shares its time with others of one commit; or it was set for
   * something else, and nothing is due.
   */
  notYet(name: string, due: number | undefined): boolean {
    if (due === undefined) return true;
    if (this.now >= due) return false;
    this.setTimer(name, due);
    return true;
  }

  link(input: Extract<EngineInput, { type: "linked" }>): void {
    const instance = this.state.open.get(input.path);
    if (instance?.status !== "running" || instance.attempt !== input.attempt || instance.child === input.executionId)
      return;
    this.emit({ type: "step.linked", path: input.path, execution_id: input.executionId });
  }

  fail(error: RunError): void {
    end(this, { status: "failed", error }, true);
  }

  /** Ends every open step below `path` (not `path` itself), innermost first; calls in flight are aborted. */
  cancelBelow(path: string, only?: (instance: Instance) => boolean): void {
    for (const instance of [...this.state.open.values()].reverse()) {
      if (isInside(instance.path, path) && (!only || only(instance))) this.cancelStep(instance);
    }
  }

  cancelStep(instance: Instance): void {
    this.emit({ type: "step.canceled", path: instance.path, ...this.giveUpCall(instance) });
  }

  /** The answer to a step's call is no longer wanted. Gives what the attempt is metered with, or has spent. */
  giveUpCall(instance: Instance): Pick<Settled, "usage" | "spent"> {
    if (!isCall(instance)) return {};
    const { path, attempt } = instance;
    this.effects.push({ type: "abortCall", path, attempt, ...(this.compensates ? { compensate: true } : {}) });
    return instance.status === "running" ? cutShort(instance, this.host) : {};
  }

  /** After a bound or a restart: every open container does what it can. */
  resumeContainers(): void {
    for (const instance of this.state.open.values()) {
      if (!isCall(instance) && instance.status === "running") this.#ready.push(instance);
    }
    this.ready(this.state.root);
  }

  /** Progresses `container`, and then whatever that makes ready, without recursion. */
  ready(container: Instance): void {
    this.#ready.push(container);
    if (this.#draining) return;
    this.#draining = true;
    for (let at = 0; at < this.#ready.length && this.running; at++) {
      const next = this.#ready[at];
      if (next) this.#progress(next);
    }
    this.#ready.length = 0;
    this.#draining = false;
  }

  readyParent(instance: Instance): void {
    const { parent } = instance;
    const container = parent === null || parent === "" ? undefined : this.state.instances.get(parent);
    this.ready(container ?? this.state.root);
  }

  /** What every transition ends with: it asks to go on, or says that the run can only wait. */
  finish(): void {
    const { state } = this;
    if (this.#waits) return;
    if (this.running && this.exhausted && !this.#continues) {
      this.#continues = true;
      this.effects.push({ type: "continue" });
    }
    if (state.status !== "running" || this.#continues || state.busy > 0) return;
    const waits = waitingFor(this.plan, state);
    if (waits) this.emit({ type: "workflow.waiting", waiting_for: waits });
  }

  #progress(container: Instance): void {
    if (container === this.state.root) return progressRoot(this);
    if (!this.state.open.has(container.path)) {
      if (this.state.ending) progressRoot(this);
      return;
    }
    const step = stepOf(container);
    if (container.role === "loop") loop.progress(this, step, container);
    else if (container.role === "iteration") progressIteration(this, step, container);
    else if (container.role === "shutdown") return progressRoot(this);
    else behaviourOf(step.kind).progress?.(this, step, container);
    if (!this.state.open.has(container.path)) this.readyParent(container);
  }

  #call(path: string): void {
    const instance = this.state.open.get(path);
    if (instance)
      this.effects.push({ type: "callAction", call: actionCall(this.plan, this.state, instance, this.now) });
  }
}

function assigned(assignments: PlanStep["set"], scope: RunScope): JsonObject {
  return Object.fromEntries(assignments.map(([key, value]) => [key, value.evaluate(scope)]));
}

/** How soon a retry that is due asks again. */
const ASK_AGAIN_MS = 200;
