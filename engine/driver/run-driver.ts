import { MAX_IN_FLIGHT } from "../plan/compile-plan.ts";
import type { Plan } from "../plan/types.ts";
import { cutShort } from "../run/cut-short.ts";
import { pendingEffects } from "../run/effects.ts";
import { isIdempotent } from "../run/is-idempotent.ts";
import type { RunError } from "../errors.ts";
import { isCall, type RunState } from "../run/state.ts";
import { isTerminal, transition } from "../run/transition.ts";
import type {
  ActionCall,
  ActionResult,
  Admittance,
  Effect,
  EngineInput,
  Opening,
  Spent,
  TurnHost,
} from "../run/types.ts";
import type { HostPort } from "./host-port.ts";

/** How long past an attempt's deadline a plugin may take to say so itself before the driver gives the attempt up. */
const ATTEMPT_GRACE_MS = 1_000;

/**
 * The loop every host runs: an input becomes a transition, its events are committed, and only then its effects are
 * performed. Never performs anything whose cause is not durable.
 */
export class RunDriver implements TurnHost {
  plan: Plan;
  readonly state: RunState;
  readonly #port: HostPort;
  readonly #waiting: ActionCall[] = [];
  /** How to take back the engine's named timers, and the limits of calls in flight. */
  readonly #timers = new Map<string, () => void>();
  readonly #limits = new Set<() => void>();
  /** The attempts whose calls are in flight, by path. */
  readonly #sent = new Map<string, number>();
  #calls = 0;
  #continuing = 0;

  constructor(plan: Plan, state: RunState, port: HostPort) {
    this.plan = plan;
    this.state = state;
    this.#port = port;
    // What was dispatched before a restart may have reached its plugin.
    for (const instance of state.open.values())
      if (isCall(instance) && instance.status === "running") this.#sent.set(instance.path, instance.attempt);
  }

  /** Calls in flight. */
  get inFlight(): number {
    return this.#calls;
  }

  /** True when nothing will happen before a call comes back, a timer fires or somebody asks. */
  get resting(): boolean {
    return this.#continuing === 0 && this.#waiting.length === 0;
  }

  get terminal(): boolean {
    return isTerminal(this.state.status);
  }

  /** Advances the run; answers why a command was refused. A bug does not throw here: it goes to the host's `crashed`. */
  deliver(input: EngineInput): RunError | undefined {
    try {
      const answer = transition(this.plan, this.state, input, this.#port.now(), this);
      const { events, effects, refusal, plan } = answer;
      if (plan) this.plan = plan;
      if (events.length > 0) this.#port.commit(events, () => this.#perform(effects));
      else if (effects.length > 0) this.#perform(effects);
      return refusal;
    } catch (error) {
      this.#port.crashed(error);
      return undefined;
    }
  }

  admits(kind: Opening): Admittance {
    return this.#port.admits?.(kind) ?? true;
  }

  spentBy(executionId: string): Spent | undefined {
    return this.#port.spentBy?.(executionId);
  }

  hasSent(path: string, attempt: number): boolean {
    return this.#sent.get(path) === attempt;
  }

  /** Takes back every timer: the run is over, or this driver's state is not to be trusted any more. */
  dispose(): void {
    for (const takeBack of this.#timers.values()) takeBack();
    for (const takeBack of this.#limits) takeBack();
    this.#timers.clear();
    this.#limits.clear();
    this.#waiting.length = 0;
  }

  /** After a restart: does again what was being done. Attempts that must not be repeated are settled as unknown. */
  resume(): void {
    for (const effect of pendingEffects(this.plan, this.state, this.#port.now())) {
      const again = effect.type !== "callAction" || isIdempotent(effect.call.action, effect.call.input);
      if (!again) this.#settle(effect.call, interrupted());
      else this.#perform([effect]);
    }
  }

  #perform(effects: readonly Effect[]): void {
    for (const effect of effects) {
      switch (effect.type) {
        case "callAction":
          this.#call(effect.call);
          break;
        case "abortCall":
          this.#port.abort(effect.path, effect.attempt, effect.compensate ?? false);
          break;
        case "setTimer":
          this.#setTimer(effect.name, effect.due);
          break;
        case "clearTimer":
          this.#clearTimer(effect.name);
          break;
        case "awaitEvent":
          this.#port.awaitEvent(effect.path, effect.wait);
          break;
        case "forgetEvent":
          this.#port.forgetEvent(effect.path);
          break;
        case "continue":
          this.#continue();
          break;
        default:
          effect satisfies never;
      }
    }
  }

  #continue(): void {
    this.#continuing += 1;
    this.#port.soon(() => {
      this.#continuing -= 1;
      this.deliver({ type: "continue" });
    });
  }

  /** Calls at once, or when one of the execution's calls in flight comes back (section 15). */
  #call(call: ActionCall): void {
    if (!this.#wanted(call)) return;
    if (this.#calls >= MAX_IN_FLIGHT) this.#waiting.push(call);
    else this.#callNow(call);
  }

  #callWaiting(): void {
    for (let call = this.#waiting.shift(); call; call = this.#waiting.shift()) {
      if (this.#wanted(call)) return this.#callNow({ ...call, deadline: this.#port.now() + call.timeoutMs });
    }
  }

  /** False when the attempt was given up (a cancel, a sibling's failure) between its dispatch and now. */
  #wanted(call: ActionCall): boolean {
    const instance = this.state.open.get(call.path);
    return instance?.status === "running" && instance.attempt === call.attempt;
  }

  #callNow(call: ActionCall): void {
    this.#calls += 1;
    this.#sent.set(call.path, call.attempt);
    const end = (result: ActionResult): void => {
      this.#calls -= 1;
      if (this.hasSent(call.path, call.attempt)) this.#sent.delete(call.path);
      this.#settle(call, result);
      this.#callWaiting();
    };
    const expire = (): void => {
      this.#limits.delete(takeBack);
      const instance = this.state.open.get(call.path);
      const had = instance ? cutShort(instance, this) : {};
      this.#port.abort(call.path, call.attempt, false);
      end({ ...expired(call.timeoutMs), ...had });
    };
    const takeBack = Number.isFinite(call.deadline)
      ? this.#port.at(call.deadline + ATTEMPT_GRACE_MS, expire)
      : () => {};
    this.#limits.add(takeBack);
    const taken = (result: ActionResult): void => {
      if (!this.#limits.delete(takeBack)) return;
      takeBack();
      end(result);
    };
    // What a service does is a result. A call that throws is a bug of the host: nothing would ever end the step.
    this.#port.call(call).then(taken, (error: unknown) => this.#port.crashed(error));
  }

  #setTimer(name: string, due: number): void {
    this.#clearTimer(name);
    const fire = (): void => {
      this.#timers.delete(name);
      this.deliver({ type: "timer", name });
    };
    this.#timers.set(name, this.#port.at(due, fire));
  }

  #clearTimer(name: string): void {
    this.#timers.get(name)?.();
    this.#timers.delete(name);
  }

  #settle(call: ActionCall, result: ActionResult): void {
    this.deliver({ type: "result", path: call.path, attempt: call.attempt, result });
  }
}

function expired(timeoutMs: number): ActionResult {
  return {
    ok: false,
    outcomeUnknown: true,
    error: {
      code: "TIMEOUT",
      message: `Step execution exceeded timeout of ${timeoutMs / 1000}s`,
      details: { timeout_ms: timeoutMs, elapsed_ms: timeoutMs + ATTEMPT_GRACE_MS },
    },
  };
}

function interrupted(): ActionResult {
  return {
    ok: false,
    outcomeUnknown: true,
    error: { code: "UNAVAILABLE", message: "The call was interrupted by a restart of the platform" },
  };
}
