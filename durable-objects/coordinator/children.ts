import { ArchiveDamaged } from "../archive/archive-damaged.ts";
import { digestOf } from "../../contracts/canonical-json.ts";
import { type ChildStart, childResult, prepareChild } from "../../engine/driver/child-run.ts";
import type { JsonObject } from "../../engine/json.ts";
import type { PlanSource } from "../../engine/plan/types.ts";
import type { ActionCall, ActionResult } from "../../engine/run/types.ts";
import type { RunState } from "../../engine/run/state.ts";
import type { CellStorage } from "./cell-storage.ts";
import type { StoredHead } from "./execution-head.ts";
import type { Resident } from "./resident.ts";

interface ChildDeps {
  now(): number;
  childId(parent: StoredHead, seed: string): string;
  /** The final state of an execution; `running` while it is not over, undefined when it is not there. */
  outcome(executionId: string): RunState | "running" | undefined;
  /** Makes sure that all of one that is there is here; undefined when it is. */
  ready(executionId: string): Promise<void> | undefined;
  start(
    head: StoredHead,
    planDigest: string,
    source: PlanSource,
    start: Pick<ChildStart, "inputs" | "env" | "budget">,
  ): void;
  cancel(executionId: string, reason: string, compensate: boolean): void;
  wait(ms: number): Promise<void>;
  report(message: string, error: unknown): void;
}

const RETRY_MS = 500;
const MOST_RETRY_MS = 30_000;

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
    parent.started.set(executionId, { path: call.path, attempt: call.attempt });
    const coming = this.#deps.ready(executionId);
    const failed = coming && (await this.#brought(parent, call, executionId, coming));
    if (failed) return failed;
    const known = this.#deps.outcome(executionId);
    if (known !== undefined && known !== "running") return childResult(known);
    if (known === undefined) {
      const { plan } = parent;
      const { state } = parent.driver;
      const { env: parentEnv, principal } = state;
      const caller = { plan, env: parentEnv, principal, depth: head.depth ?? 0, now: this.#deps.now(), state };
      const prepared = prepareChild(caller, call);
      if (!prepared.ok) return prepared;
      const { source } = prepared.start;
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
      globalThis.faultPoint?.("child.before");
      this.#deps.start(child, digestOfSource(source), source, prepared.start);
    }
    // In the commit of the child's birth.
    parent.driver.deliver({ type: "linked", path: call.path, attempt: call.attempt, executionId });
    globalThis.faultPoint?.("child.linked");
    const key = keyOf(call);
    parent.children.set(key, executionId);
    const state = await new Promise<RunState>((resolve) => this.#waiting.set(executionId, resolve));
    globalThis.faultPoint?.("child.ended");
    parent.children.delete(key);
    return childResult(state);
  }

  /** It ended long ago, or its outputs are large. The object storage may be away for a while: it is asked until it answers. */
  async #brought(
    parent: Resident,
    { path, attempt }: ActionCall,
    executionId: string,
    coming: Promise<void> | undefined,
  ): Promise<ActionResult | undefined> {
    let next = coming;
    for (let waitMs = RETRY_MS; ; waitMs = Math.min(waitMs * 2, MOST_RETRY_MS)) {
      try {
        if (next) await next;
        const step = parent.driver.state.open.get(path);
        const isAwaited = !parent.spoilt && step?.status === "running" && step.attempt === attempt;
        // Whoever has given it up takes no result; it must not be started again, should it be gone meanwhile.
        return isAwaited ? undefined : isAway(executionId);
      } catch (error) {
        if (error instanceof ArchiveDamaged) return isDamaged(executionId);
        if (waitMs === RETRY_MS) this.#deps.report(`what ${executionId} gave cannot be read`, error);
        if (parent.driver.state.open.get(path)?.attempt !== attempt) return isAway(executionId);
        await this.#deps.wait(waitMs);
        next = this.#deps.ready(executionId);
      }
    }
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

/** Unfinished executions that steps of `parentId` started and that nobody waits for any more. `here`: the head of one in memory. */
export function unawaited(
  storage: CellStorage,
  parentId: string,
  parent: RunState,
  here: (executionId: string) => StoredHead | undefined,
): string[] {
  return storage.children(parentId).filter((id) => {
    const row = here(id) ? undefined : storage.execution(id);
    const child = here(id) ?? (row && (JSON.parse(row.head) as StoredHead));
    return child !== undefined && !isAwaited(parent, child);
  });
}

/** True while the step of the parent still waits for this child's attempt. */
function isAwaited(parent: RunState, head: StoredHead): boolean {
  const step = head.parent && parent.open.get(head.parent.path);
  const sameRun = (head.parentRunAttempt ?? 1) === parent.identity.runAttempt;
  return sameRun && step?.status === "running" && step.attempt === head.parentAttempt;
}

function isAway(executionId: string): ActionResult {
  const message = "What the subworkflow gave cannot be read";
  return { ok: false, error: { code: "UNAVAILABLE", message, details: { execution_id: executionId } } };
}

function isDamaged(executionId: string): ActionResult {
  const message = "What the subworkflow gave is damaged in the object storage";
  return {
    ok: false,
    permanent: true,
    error: { code: "INTERNAL_ERROR", message, details: { execution_id: executionId } },
  };
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
