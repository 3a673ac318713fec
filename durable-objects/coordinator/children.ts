import { digestOf } from "../../contracts/canonical-json.ts";
import { childResult, prepareChild } from "../../engine/driver/child-run.ts";
import type { JsonObject } from "../../engine/json.ts";
import type { PlanSource } from "../../engine/plan/types.ts";
import type { ActionCall, ActionResult } from "../../engine/run/types.ts";
import type { RunState } from "../../engine/run/state.ts";
import type { StoredHead } from "./execution-head.ts";
import type { Resident } from "./resident.ts";

interface ChildDeps {
  now(): number;
  childId(parent: StoredHead, seed: string): string;
  /** The final state of an execution; `running` while it is not over, undefined when it is not there. */
  outcome(executionId: string): RunState | "running" | undefined;
  start(head: StoredHead, planDigest: string, source: PlanSource, inputs: JsonObject, env: JsonObject): void;
  cancel(executionId: string, reason: string, compensate: boolean): void;
}

const digests = new WeakMap<PlanSource, string>();

/** Executions that steps of other executions start: in the same object, linked both ways (section 4). */
export class Children {
  readonly #deps: ChildDeps;
  /** Who waits for an execution's end in this object's memory. */
  readonly #waiting = new Map<string, (state: RunState) => void>();

  constructor(deps: ChildDeps) {
    this.#deps = deps;
  }

  /** Starts the execution of a subworkflow step, or finds the one that was started before a restart. */
  async run(parent: Resident, call: ActionCall): Promise<ActionResult> {
    const { head } = parent;
    const executionId = this.#deps.childId(head, `${head.runAttempt}:${call.path}#${call.attempt}`);
    const known = this.#deps.outcome(executionId);
    if (known !== undefined && known !== "running") return childResult(known);
    if (known === undefined) {
      const { plan } = parent;
      const { env: parentEnv, principal } = parent.driver.state;
      const caller = { plan, env: parentEnv, principal, depth: head.depth ?? 0, now: this.#deps.now() };
      const prepared = prepareChild(caller, call);
      if (!prepared.ok) return prepared;
      const { source, inputs, env } = prepared.start;
      const link = { executionId: head.executionId, path: call.path };
      const { concurrency: held, priority: _also, timeoutMs: _limit, metadata: _data, ...inherited } = head;
      // A slot that an execution above holds is not waited for: it would never be free.
      const slots = [...(head.slots ?? []), ...(held ? [held.key] : [])];
      const { concurrency } = prepared.start;
      const child: StoredHead = {
        ...inherited,
        executionId,
        createdAt: this.#deps.now(),
        runAttempt: 1,
        depth: (head.depth ?? 0) + 1,
        parent: link,
        parentAttempt: call.attempt,
        ...(head.runAttempt > 1 ? { parentRunAttempt: head.runAttempt } : {}),
        ...(slots.length > 0 ? { slots } : {}),
        ...(concurrency && !slots.includes(concurrency.key) ? { concurrency } : {}),
      };
      this.#deps.start(child, digestOfSource(source), source, inputs, env);
    }
    // In the commit of the child's birth.
    parent.driver.deliver({ type: "linked", path: call.path, attempt: call.attempt, executionId });
    const key = keyOf(call);
    parent.children.set(key, executionId);
    const state = await new Promise<RunState>((resolve) => this.#waiting.set(executionId, resolve));
    parent.children.delete(key);
    return childResult(state);
  }

  /** The step is not interested any more. */
  abort(parent: Resident, path: string, attempt: number, compensate: boolean): void {
    const executionId = parent.children.get(keyOf({ path, attempt }));
    if (executionId !== undefined) this.#deps.cancel(executionId, "the step that started it was canceled", compensate);
  }

  /** True when somebody in memory was waiting for it. */
  ended(executionId: string, state: RunState): boolean {
    const waiting = this.#waiting.get(executionId);
    this.#waiting.delete(executionId);
    waiting?.(state);
    return waiting !== undefined;
  }

  /** The parent leaves the memory: it will ask again. */
  forget(parent: Resident): void {
    for (const executionId of parent.children.values()) this.#waiting.delete(executionId);
    parent.children.clear();
  }
}

/** True while the step of the parent still waits for this child's attempt. */
export function isAwaited(parent: RunState, head: StoredHead): boolean {
  const step = head.parent && parent.open.get(head.parent.path);
  return step?.status === "running" && step.attempt === head.parentAttempt;
}

function keyOf({ path, attempt }: Pick<ActionCall, "path" | "attempt">): string {
  return `${path}#${attempt}`;
}

function digestOfSource(source: PlanSource): string {
  const known = digests.get(source);
  if (known !== undefined) return known;
  // A plan source is plain JSON by its type's own promise.
  const digest = digestOf(source as unknown as JsonObject);
  digests.set(source, digest);
  return digest;
}
