import type { JsonObject } from "../json.ts";
import type { Plan } from "../plan/types.ts";
import { newRun } from "../run/new-run.ts";
import type { RunState } from "../run/state.ts";
import type { ActionCall, ActionResult, EngineInput, RunIdentity, StampedEvent } from "../run/types.ts";
import type { HostPort } from "./host-port.ts";
import { RunDriver } from "./run-driver.ts";

/** Where the memory host's time comes from: the system's clock, or a virtual one in tests. */
export interface Clock {
  now(): number;
  /** Runs `task` at or after `due`; answers how to take that back. */
  at(due: number, task: () => void): () => void;
}

export interface MemoryRun {
  plan: Plan;
  identity: RunIdentity;
  inputs: JsonObject;
  env?: JsonObject;
  trigger?: JsonObject;
  timeoutMs?: number;
  clock: Clock;
  /** Runs one attempt, in this process. `signal` tells that nobody waits for it any more. */
  callAction(call: ActionCall, signal: AbortSignalLike): Promise<ActionResult> | ActionResult;
}

/** The slice of an AbortSignal that the engine can give without a platform. */
export interface AbortSignalLike {
  readonly aborted: boolean;
}

export interface FinishedRun {
  state: RunState;
  events: StampedEvent[];
}

/** A run in this process: nothing is kept but in memory. `done` resolves with the terminal state. */
export class MemoryExecution {
  readonly events: StampedEvent[] = [];
  readonly done: Promise<FinishedRun>;
  readonly #driver: RunDriver;

  constructor(run: MemoryRun) {
    const { promise, resolve, reject } = deferred<FinishedRun>();
    this.done = promise;
    const state = newRun(run.identity);
    const port = memoryPort(run, {
      commit: (events) => {
        for (const event of events) this.events.push(event);
      },
      committed: () => {
        if (!this.#driver.terminal) return;
        this.#driver.dispose();
        resolve({ state, events: this.events });
      },
      crashed: reject,
    });
    this.#driver = new RunDriver(run.plan, state, port);
  }

  get state(): RunState {
    return this.#driver.state;
  }

  deliver(input: EngineInput): void {
    this.#driver.deliver(input);
  }
}

/** Runs a workflow to its end in this process. */
export function runInMemory(run: MemoryRun): Promise<FinishedRun> {
  const execution = new MemoryExecution(run);
  const { inputs, env, trigger, timeoutMs } = run;
  execution.deliver({ type: "start", inputs, env, trigger, timeoutMs });
  return execution.done;
}

interface MemoryHooks {
  commit(events: readonly StampedEvent[]): void;
  committed(): void;
  crashed(error: unknown): void;
}

function deferred<T>(): { promise: Promise<T>; resolve: (value: T) => void; reject: (error: unknown) => void } {
  let settle: { resolve: (value: T) => void; reject: (error: unknown) => void } | undefined;
  const promise = new Promise<T>((resolve, reject) => {
    settle = { resolve, reject };
  });
  if (!settle) throw new Error("a promise's executor runs at once");
  return { promise, ...settle };
}

function memoryPort(run: MemoryRun, hooks: MemoryHooks): HostPort {
  const calls = new Map<string, { aborted: boolean }>();
  return {
    now: () => run.clock.now(),
    commit: (events, done) => {
      hooks.commit(events);
      done();
      hooks.committed();
    },
    call: async (call) => {
      const signal = { aborted: false };
      calls.set(call.path, signal);
      try {
        return await run.callAction(call, signal);
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        return { ok: false, error: { code: "INTERNAL_ERROR", message } };
      }
    },
    abort: (path) => {
      const signal = calls.get(path);
      if (signal) signal.aborted = true;
    },
    at: (due, task) => run.clock.at(due, task),
    soon: (task) => void Promise.resolve().then(task),
    crashed: (error) => hooks.crashed(error),
  };
}
