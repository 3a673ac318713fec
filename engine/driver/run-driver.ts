import { MAX_IN_FLIGHT } from "../plan/compile-plan.ts";
import type { Plan } from "../plan/types.ts";
import { pendingEffects } from "../run/effects.ts";
import type { RunState } from "../run/state.ts";
import { isTerminal, transition } from "../run/transition.ts";
import type { ActionCall, ActionResult, Effect, EngineInput } from "../run/types.ts";
import type { HostPort } from "./host-port.ts";

/** How long past an attempt's deadline a plugin may take to say so itself before the driver gives the attempt up. */
const ATTEMPT_GRACE_MS = 1_000;
const ATTEMPT_TIMER = "attempt:";

/**
 * The loop every host runs: an input becomes a transition, its events are committed, and only then its effects are
 * performed. Never performs anything whose cause is not durable.
 */
export class RunDriver {
  readonly plan: Plan;
  readonly state: RunState;
  readonly #port: HostPort;
  readonly #waiting: ActionCall[] = [];
  #calls = 0;

  constructor(plan: Plan, state: RunState, port: HostPort) {
    this.plan = plan;
    this.state = state;
    this.#port = port;
  }

  /** Calls in flight. */
  get inFlight(): number {
    return this.#calls;
  }

  get terminal(): boolean {
    return isTerminal(this.state.status);
  }

  /** Advances the run. A bug does not throw here: it goes to the host's `crashed`. */
  deliver(input: EngineInput): void {
    if (input.type === "timer" && input.name.startsWith(ATTEMPT_TIMER)) return this.#attemptExpired(input.name);
    try {
      const { events, effects } = transition(this.plan, this.state, input, this.#port.now());
      if (events.length > 0) this.#port.commit(events, () => this.#perform(effects));
      else if (effects.length > 0) this.#perform(effects);
    } catch (error) {
      this.#port.crashed(error);
    }
  }

  /** After a restart: does again what was being done. Attempts that must not be repeated are settled as unknown. */
  resume(): void {
    for (const effect of pendingEffects(this.plan, this.state, this.#port.now())) {
      if (effect.type === "callAction" && !effect.call.action.idempotent) this.#settle(effect.call, interrupted());
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
          this.#port.abort(effect.path, effect.attempt);
          break;
        case "setTimer":
          this.#port.setTimer(effect.name, effect.due);
          break;
        case "clearTimer":
          this.#port.clearTimer(effect.name);
          break;
        case "continue":
          this.#port.soon(() => this.deliver({ type: "continue" }));
          break;
        default:
          effect satisfies never;
      }
    }
  }

  /** Calls at once, or when one of the execution's calls in flight comes back (section 15). */
  #call(call: ActionCall): void {
    if (this.#calls >= MAX_IN_FLIGHT) this.#waiting.push(call);
    else this.#callNow(call);
  }

  #callWaiting(): void {
    for (let call = this.#waiting.shift(); call; call = this.#waiting.shift()) {
      const instance = this.state.open.get(call.path);
      if (instance?.status !== "running" || instance.attempt !== call.attempt) continue;
      return this.#callNow({ ...call, deadline: this.#port.now() + call.timeoutMs });
    }
  }

  #callNow(call: ActionCall): void {
    const timer = attemptTimer(call.path, call.attempt);
    this.#calls += 1;
    this.#port.setTimer(timer, call.deadline + ATTEMPT_GRACE_MS);
    void this.#port.call(call).then((result) => {
      this.#calls -= 1;
      this.#port.clearTimer(timer);
      this.#settle(call, result);
      this.#callWaiting();
    });
  }

  #settle(call: ActionCall, result: ActionResult): void {
    this.deliver({ type: "result", path: call.path, attempt: call.attempt, result });
  }

  #attemptExpired(timer: string): void {
    const separator = timer.lastIndexOf("#");
    const path = timer.slice(ATTEMPT_TIMER.length, separator);
    const attempt = Number(timer.slice(separator + 1));
    const timeoutMs = this.plan.byAddress.get(this.state.open.get(path)?.address ?? "")?.timeoutMs;
    if (timeoutMs === undefined) return;
    this.#port.abort(path, attempt);
    this.deliver({ type: "result", path, attempt, result: expired(timeoutMs) });
  }
}

function attemptTimer(path: string, attempt: number): string {
  return `${ATTEMPT_TIMER}${path}#${attempt}`;
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
