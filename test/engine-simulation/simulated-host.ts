import type { RandomSource } from "../../engine/expressions/random-source.ts";
import type { Plan } from "../../engine/plan/types.ts";
import { fold } from "../../engine/run/apply.ts";
import { pendingEffects } from "../../engine/run/effects.ts";
import { newRun } from "../../engine/run/new-run.ts";
import type { RunState } from "../../engine/run/state.ts";
import { isTerminal, transition } from "../../engine/run/transition.ts";
import type {
  ActionCall,
  ActionResult,
  Effect,
  EngineInput,
  RunIdentity,
  StampedEvent,
} from "../../engine/run/types.ts";
import { frozen } from "./frozen.ts";
import { expectation } from "./oracle.ts";
import { type Answer, randomAnswer } from "./random-answer.ts";
import { seedOf } from "./seed-of.ts";
import { must } from "./violation.ts";
import { Watch } from "./watch.ts";

/** How long past its deadline an attempt is given up. */
const GRACE_MS = 1_000;

export interface Faults {
  answers: boolean;
  /** Per cent of transitions at which the process dies. */
  crashes: number;
  skew: boolean;
}

/** One input as the engine was given it. `restart`: it came only because the process had died. */
export interface Given {
  input: EngineInput;
  now: number;
  restart?: true;
}

type Happening =
  | { kind: "timer"; due: number; name: string }
  | { kind: "answer"; due: number; path: string; attempt: number; result: ActionResult; late: boolean };

interface InFlight {
  call: ActionCall;
  attempt: number;
  due: number;
  result: ActionResult;
}

/**
 * A host of one run in virtual time that may die at any transition: before its events are stored, after, or after its effects.
 * What it stores is text; what it knows after a death is the fold of that text.
 */
export class SimulatedHost {
  readonly plan: Plan;
  readonly watch: Watch;
  state: RunState;
  now: number;
  faults: Faults = { answers: true, crashes: 0, skew: false };
  readonly log: string[] = [];
  readonly given: Given[] = [];
  readonly timers = new Map<string, number>();
  readonly calls = new Map<string, InFlight>();
  readonly awaited = new Set<string>();
  continues = 0;
  crashes = 0;
  readonly #identity: RunIdentity;
  readonly #seed: string;
  readonly #random: RandomSource;
  readonly #late: { due: number; path: string; attempt: number; result: ActionResult }[] = [];
  readonly #keys = new Map<string, string>();
  readonly #sent = new Map<string, number>();
  /** Counts deaths: what a dead process was about to do is not done. */
  #life = 0;
  /** Processes that are only taking over. */
  #starting = 0;

  constructor(plan: Plan, identity: RunIdentity, seed: string, random: RandomSource, start: number) {
    this.plan = plan;
    this.#identity = identity;
    this.#seed = seed;
    this.#random = random;
    this.now = start;
    this.state = newRun(identity);
    this.watch = new Watch(plan, identity);
  }

  get over(): boolean {
    return isTerminal(this.state.status);
  }

  deliver(input: EngineInput, restart?: true): void {
    const skewed = this.faults.skew && this.#random.chance(6) ? this.now - this.#random.below(20_000) : this.now;
    const dies =
      this.faults.crashes > 0 && this.#random.chance(this.faults.crashes) ? this.#random.below(3) : undefined;
    const check = expectation(this.plan, this.state, input);
    const answer = transition(this.plan, this.state, frozen(input), skewed);
    frozen(answer.events);
    check(answer);
    if (dies === 0 && answer.events.length > 0 && this.state.seq > answer.events.length)
      return this.#die(input.type === "continue" && !restart);
    const text = answer.events.map((event) => JSON.stringify(event));
    this.log.push(...text);
    this.given.push({ input, now: skewed, ...(restart ? { restart } : {}) });
    this.watch.observe(this.state, input, answer, text.map(parse));
    if (dies === 1) return this.#die(answer.effects.some(({ type }) => type === "continue"));
    if (input.type === "result") this.#forgetSettled(input.path);
    this.#perform(answer.effects);
    if (dies === 2) return this.#die(false);
    this.#rest();
  }

  /** Checks what must hold while nothing is about to be done. */
  #rest(): void {
    if (this.continues === 0 && this.#starting === 0) this.watch.rest(this.state, this);
  }

  /** An answer from before a death may have settled what is being called again: the second answer will be late. */
  #forgetSettled(path: string): void {
    const call = this.calls.get(path);
    const instance = this.state.open.get(path);
    if (!call || (instance?.status === "running" && instance.attempt === call.attempt)) return;
    this.calls.delete(path);
    this.#late.push({ due: call.due, path, attempt: call.attempt, result: call.result });
  }

  /** What happens next by itself, in the order of time; ties in an order that no death changes. */
  next(): Happening | undefined {
    let next: Happening | undefined;
    const consider = (one: Happening): void => {
      if (next === undefined || one.due < next.due || (one.due === next.due && rank(one) < rank(next))) next = one;
    };
    for (const [name, due] of this.timers) consider({ kind: "timer", due, name });
    for (const [path, { attempt, due, result }] of this.calls)
      consider({ kind: "answer", due, path, attempt, result, late: false });
    for (const late of this.#late) consider({ kind: "answer", ...late, late: true });
    return next;
  }

  happen(next: Happening): void {
    this.now = Math.max(this.now, next.due);
    if (next.kind === "timer") {
      this.timers.delete(next.name);
      return this.deliver({ type: "timer", name: next.name });
    }
    const { path, attempt, result } = next;
    if (next.late)
      this.#late.splice(
        this.#late.findIndex((one) => one.path === path && one.due === next.due),
        1,
      );
    else this.calls.delete(path);
    this.deliver({ type: "result", path, attempt, result });
  }

  goOn(): void {
    this.continues -= 1;
    this.deliver({ type: "continue" });
  }

  /** The process dies, and another one takes the run over. `continues`: it was about to go on with what it had left. */
  #die(continues: boolean): void {
    this.crashes += 1;
    this.#life += 1;
    const life = this.#life;
    const wasToGoOn = continues || this.continues > 0;
    this.continues = 0;
    this.timers.clear();
    this.calls.clear();
    this.awaited.clear();
    this.state = fold(this.plan, this.#identity, this.log.map(parse));
    if (this.over) return;
    this.#starting += 1;
    for (const effect of pendingEffects(this.plan, this.state, this.now)) {
      if (this.#life !== life) break;
      if (effect.type === "callAction" && !effect.call.action.idempotent) this.#interrupt(effect.call);
      else if (effect.type === "continue" && !wasToGoOn) this.deliver({ type: "continue" }, true);
      else this.#perform([effect]);
    }
    this.#starting -= 1;
    this.#rest();
  }

  /** Nobody knows whether it happened, and it must not happen twice. */
  #interrupt({ path, attempt }: ActionCall): void {
    const error = { code: "UNAVAILABLE", message: "interrupted by a restart" } as const;
    const result: ActionResult = { ok: false, outcomeUnknown: true, error };
    this.deliver({ type: "result", path, attempt, result });
  }

  #perform(effects: readonly Effect[]): void {
    for (const effect of effects) {
      switch (effect.type) {
        case "callAction":
          this.#call(effect.call);
          break;
        case "abortCall":
          this.#abort(effect.path, effect.attempt);
          break;
        case "setTimer":
          this.timers.set(effect.name, effect.due);
          break;
        case "clearTimer":
          this.timers.delete(effect.name);
          break;
        case "awaitEvent":
          this.awaited.add(effect.path);
          break;
        case "forgetEvent":
          this.awaited.delete(effect.path);
          break;
        case "continue":
          this.continues += 1;
          break;
        default:
          effect satisfies never;
      }
    }
  }

  #call(call: ActionCall): void {
    const { path, attempt, idempotencyKey } = call;
    const instance = this.state.open.get(path);
    if (instance?.status !== "running" || instance.attempt !== attempt) return;
    must(!this.calls.has(path), () => `${path} is called while it is in flight`);
    const owner = this.#keys.get(idempotencyKey) ?? path;
    must(owner === path, () => `${path} and ${owner} have the same idempotency key`);
    const known = this.#sent.get(path);
    const [first] = [...this.#keys].filter(([, one]) => one === path && known !== undefined);
    must(first === undefined || first[0] === idempotencyKey, () => `${path} has two idempotency keys`);
    this.#keys.set(idempotencyKey, path);
    const times = (known ?? 0) + 1;
    this.#sent.set(path, times);
    const answer = randomAnswer(seedOf(`${this.#seed}:${path}#${attempt}:${times}`), call, this.faults.answers);
    this.calls.set(path, { call, attempt, ...this.#outcome(call, answer) });
    const { againMs, afterMs = 0, later: result = answer.result } = answer;
    if (againMs !== undefined) this.#late.push({ due: this.now + afterMs + againMs, path, attempt, result });
  }

  /** When the host hears of it: at its answer, or when the attempt is given up. */
  #outcome(call: ActionCall, { afterMs, result, againMs }: Answer): { due: number; result: ActionResult } {
    const due = this.now + (afterMs ?? 3_600_000);
    const givenUp = call.deadline + GRACE_MS;
    if (due <= givenUp) return { due, result };
    if (againMs === undefined)
      this.#late.push({ due: givenUp + 5_000, path: call.path, attempt: call.attempt, result });
    const error = { code: "TIMEOUT", message: "nothing came in time" } as const;
    return { due: givenUp, result: { ok: false, outcomeUnknown: true, error } };
  }

  #abort(path: string, attempt: number): void {
    const call = this.calls.get(path);
    if (call?.attempt !== attempt) return;
    this.calls.delete(path);
    // An abort may come too late.
    if (this.faults.answers && this.#random.chance(30))
      this.#late.push({ due: call.due, path, attempt, result: call.result });
  }
}

function parse(text: string): StampedEvent {
  return JSON.parse(text);
}

function rank(one: Happening): string {
  return one.kind === "timer" ? `1 ${one.name}` : `${one.late ? 2 : 0} ${one.path}`;
}
