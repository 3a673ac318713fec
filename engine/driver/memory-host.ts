import type { RunError } from "../errors.ts";
import type { Json, JsonObject } from "../json.ts";
import type { Plan } from "../plan/types.ts";
import { newRun } from "../run/new-run.ts";
import type { Principal } from "../run/authorization.ts";
import type { RunState } from "../run/state.ts";
import type { ActionCall, ActionResult, EngineInput, RunIdentity, StampedEvent } from "../run/types.ts";
import { type ChildCaller, childResult, prepareChild } from "./child-run.ts";
import { type BudgetNode, spendingOf, spentInTree, spentWith } from "./tree-budget.ts";
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
  principal?: Principal;
  actor?: string;
  /** Outputs of steps with a `cache`, for executions that share it. */
  cache?: Map<string, { output: Json; expiresAt: number }>;
  /** How many executions up the one that nobody's step started is. */
  depth?: number;
  /** The execution whose step started it. */
  above?: MemoryExecution;
  /** Told of every execution that a step of this one starts. */
  onChild?(child: MemoryExecution, call: ActionCall): void;
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
  readonly #calls = new Map<string, MemoryCall>();
  readonly #run: MemoryRun;

  constructor(run: MemoryRun) {
    const { promise, resolve, reject } = deferred<FinishedRun>();
    this.done = promise;
    this.#run = run;
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
      execution: this,
      calls: this.#calls,
      linked: ({ path, attempt }, executionId) => this.deliver({ type: "linked", path, attempt, executionId }),
    });
    this.#driver = new RunDriver(run.plan, state, port);
  }

  get state(): RunState {
    return this.#driver.state;
  }

  /** It, as budgets of executions that start each other look at it. */
  get node(): BudgetNode {
    const { state } = this;
    return {
      id: state.identity.executionId,
      spending: spendingOf(state),
      budget: state.budget,
      raised: state.raised,
      above: () => this.#run.above?.node,
      below: () =>
        [...this.#calls].flatMap(([path, { child, attempt }]) => {
          const step = state.open.get(path);
          return child && step?.status === "running" && step.attempt === attempt ? [child.node] : [];
        }),
    };
  }

  /** Advances the run; answers why a command was refused. */
  deliver(input: EngineInput): RunError | undefined {
    return this.#driver.deliver(input);
  }
}

/** Runs a workflow to its end in this process. */
export function runInMemory(run: MemoryRun): Promise<FinishedRun> {
  const execution = new MemoryExecution(run);
  const { inputs, env, trigger, timeoutMs, principal, actor } = run;
  execution.deliver({ type: "start", inputs, env, trigger, timeoutMs, principal, actor });
  return execution.done;
}

interface MemoryCall {
  attempt: number;
  aborted: boolean;
  child?: MemoryExecution;
}

interface MemoryHooks {
  commit(events: readonly StampedEvent[]): void;
  committed(): void;
  crashed(error: unknown): void;
  readonly execution: MemoryExecution;
  readonly calls: Map<string, MemoryCall>;
  linked(call: ActionCall, executionId: string): void;
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
  const { calls, execution } = hooks;
  return {
    now: () => run.clock.now(),
    admits: (kind) => (kind === "begin" ? true : (spentInTree(execution.node, kind) ?? true)),
    spentBy: (executionId) => {
      for (const { child } of calls.values())
        if (child?.state.identity.executionId === executionId) return spentWith(child.node);
      return undefined;
    },
    commit: (events, done) => {
      hooks.commit(events);
      done();
      hooks.committed();
    },
    call: async (call) => {
      const signal: MemoryCall = { attempt: call.attempt, aborted: false };
      calls.set(call.path, signal);
      try {
        const kept = call.cache && run.cache?.get(call.cache.key);
        if (kept && kept.expiresAt > run.clock.now()) return { ok: true, output: kept.output, cached: true };
        const result =
          call.workflow === undefined
            ? await run.callAction(call, signal)
            : await runChild(run, execution, call, (child, executionId) => {
                signal.child = child;
                hooks.linked(call, executionId);
              });
        if (call.cache && result.ok) {
          run.cache?.set(call.cache.key, { output: result.output, expiresAt: run.clock.now() + call.cache.ttlMs });
        }
        return result;
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        return { ok: false, error: { code: "INTERNAL_ERROR", message } };
      }
    },
    abort: (path, _attempt, compensate) => {
      const signal = calls.get(path);
      if (!signal) return;
      signal.aborted = true;
      signal.child?.deliver({ type: "cancel", reason: "the step that started it was canceled", compensate });
    },
    // In one process nobody else has events to give.
    awaitEvent: () => {},
    forgetEvent: () => {},
    at: (due, task) => run.clock.at(due, task),
    soon: (task) => void Promise.resolve().then(task),
    crashed: (error) => hooks.crashed(error),
  };
}

/** The execution behind a subworkflow step: one of its own, in the same process. */
async function runChild(
  run: MemoryRun,
  above: MemoryExecution,
  call: ActionCall,
  begun: (child: MemoryExecution, executionId: string) => void,
): Promise<ActionResult> {
  const depth = (run.depth ?? 0) + 1;
  const prepared = prepareChild(callerOf(run, above.state), call);
  if (!prepared.ok) return prepared;
  const { plan, inputs, env, budget } = prepared.start;
  const executionId = `${run.identity.executionId}/${call.path}#${call.attempt}`;
  const child = new MemoryExecution({
    ...run,
    plan,
    inputs,
    env,
    depth,
    above,
    identity: { executionId, runAttempt: 1 },
  });
  begun(child, executionId);
  run.onChild?.(child, call);
  child.deliver({ type: "start", inputs, env, principal: run.principal, actor: run.actor, budget });
  return childResult((await child.done).state);
}

function callerOf({ plan, env = {}, depth = 0, clock, principal = NOBODY }: MemoryRun, state: RunState): ChildCaller {
  return { plan, env, depth, principal, now: clock.now(), state };
}

const NOBODY: Principal = { roles: [], permissions: [] };
