import type { Firing, FiringOutcome } from "../../contracts/triggers-rpc.ts";
import type { ObjectSql } from "../object-sql.ts";
import { FiringTable, type StoredFiring } from "./firing-table.ts";
import type { TakenNames } from "./taken-names.ts";
import type { TriggerPorts } from "./trigger-ports.ts";
import type { TriggerTable } from "./trigger-table.ts";

/** Executions asked for in one call, and calls at once. */
const GROUP = 25;
const WIDTH = 8;
/** A call that has not answered by then is made again. */
const PATIENCE_MS = 30_000;
const BUSY_MS = 5_000;
const FIRST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 60_000;
/**
 * A cell knows an Idempotency-Key for 24 hours. A start that was perhaps accepted is not asked for again after this long:
 * it might begin twice.
 */
const ASKED_AGAIN_MS = 23 * 3_600_000;

/**
 * Starts what is accepted: at most `WIDTH` calls at once, each firing again and again until there is an answer. What is not
 * answered stands on disk with the time of its next try, so a kill at any point loses nothing; the same key makes one
 * execution of any number of tries.
 */
export class Starter {
  readonly firings: FiringTable;
  readonly #sql: ObjectSql;
  readonly #triggers: TriggerTable;
  readonly #taken: TakenNames;
  readonly #ports: TriggerPorts;
  readonly #changed: () => void;
  readonly #waiters = new Map<string, Set<(outcome: FiringOutcome) => void>>();
  #calls = 0;
  #fresh = true;

  constructor(sql: ObjectSql, triggers: TriggerTable, taken: TakenNames, ports: TriggerPorts, changed: () => void) {
    this.#sql = sql;
    this.firings = new FiringTable(sql);
    this.#triggers = triggers;
    this.#taken = taken;
    this.#ports = ports;
    this.#changed = changed;
  }

  /** Sends what is due, as far as there are calls free. */
  pump(): void {
    this.#awaken();
    while (this.#calls < WIDTH) {
      const now = this.#ports.now();
      const claimed = this.#sql.atomically(() => this.firings.claim({ now, atMost: GROUP }, now + PATIENCE_MS));
      if (claimed.length === 0) return;
      this.#calls += 1;
      this.#inBackground(this.#sendAndGoOn(claimed));
    }
  }

  async #sendAndGoOn(claimed: readonly StoredFiring[]): Promise<void> {
    try {
      await this.#send(claimed);
    } finally {
      this.#calls -= 1;
    }
    this.pump();
  }

  /** What this leaves undone an alarm does. */
  #inBackground(work: Promise<void>): void {
    work.catch((error: unknown) => this.#ports.report("what was started could not be written down", error));
  }

  /** Sends one at once, for somebody who waits for it; undefined when there is no answer within `patienceMs`. */
  startNow(key: string, patienceMs: number): Promise<FiringOutcome | undefined> {
    this.#awaken();
    const outcome = new Promise<FiringOutcome | undefined>((resolve) => {
      const waiters = this.#waiters.get(key) ?? new Set();
      const giveUp = this.#ports.later(patienceMs, () => done(undefined));
      const done = (value: FiringOutcome | undefined): void => {
        giveUp();
        waiters.delete(done);
        if (waiters.size === 0) this.#waiters.delete(key);
        resolve(value);
      };
      waiters.add(done);
      this.#waiters.set(key, waiters);
    });
    const now = this.#ports.now();
    const claimed = this.#sql.atomically(() => this.firings.claim({ now, key }, now + PATIENCE_MS));
    if (claimed.length > 0) this.#inBackground(this.#send(claimed));
    return outcome;
  }

  /** When a try is due; while every call is taken, the end of one is waited for. */
  nextDue(): number | null {
    const due = this.firings.nextDue();
    return due !== null && this.#calls >= WIDTH ? Math.max(due, this.#ports.now() + BUSY_MS) : due;
  }

  #awaken(): void {
    if (!this.#fresh) return;
    this.#fresh = false;
    this.#sql.atomically(() => this.firings.unclaim(this.#ports.now()));
  }

  async #send(firings: readonly StoredFiring[]): Promise<void> {
    const now = this.#ports.now();
    const known = firings.filter(({ reachedAt }) => reachedAt === null || now - reachedAt <= ASKED_AGAIN_MS);
    const answers = known.length === 0 ? [] : await this.#ask(known);
    const asked = new Map(known.map((firing, index) => [firing, answers[index] ?? UNKNOWN]));
    const outcomes = firings.map((firing) => ({ firing, outcome: asked.get(firing) ?? FORGOTTEN }));
    this.#sql.atomically(() => {
      for (const { firing, outcome } of outcomes) this.#settle(firing, outcome);
    });
    this.#changed();
    for (const { firing, outcome } of outcomes) for (const tell of this.#waiters.get(firing.key) ?? []) tell(outcome);
  }

  async #ask(firings: readonly StoredFiring[]): Promise<readonly FiringOutcome[]> {
    const owner = this.#triggers.owner();
    if (owner === undefined) throw new Error("a triggers object without an owner has something to start");
    let giveUp = (): void => undefined;
    const late = new Promise<FiringOutcome[]>((resolve) => {
      giveUp = this.#ports.later(PATIENCE_MS, () => resolve([]));
    });
    try {
      return await Promise.race([
        this.#ports.starts.start(
          owner,
          firings.map((it) => this.#asked(it)),
        ),
        late,
      ]);
    } catch (error) {
      this.#ports.report("executions could not be started", error);
      return [];
    } finally {
      giveUp();
    }
  }

  #asked({ key, trigger, body }: StoredFiring): Firing {
    const { id, workflow, inputs, actor, spec } = trigger;
    const overlap = spec.type === "schedule" ? spec.overlap : "allow";
    const firing: Firing = { key, triggerId: id, workflow, overlap, actor, trigger: body };
    if (inputs !== undefined) firing.inputs = inputs;
    const previous = overlap === "allow" ? undefined : this.#triggers.runs(id).find((run) => run.status === "started");
    if (previous?.executionId !== undefined) firing.previous = previous.executionId;
    return firing;
  }

  #settle(firing: StoredFiring, outcome: FiringOutcome): void {
    const { key, trigger, dueAt } = firing;
    const at = this.#ports.now();
    switch (outcome.kind) {
      case "started":
        if (!this.firings.remove(key)) return;
        this.#taken.started(key, outcome.executionId);
        this.#triggers.addRun(trigger.id, { at, dueAt, status: "started", executionId: outcome.executionId });
        return;
      case "skipped":
        this.#over(firing, "skipped", { code: "CONFLICT", message: outcome.message });
        return;
      case "refused":
        this.#over(firing, "refused", { code: outcome.code, message: outcome.message });
        return;
      case "later": {
        const reachedAt = firing.reachedAt ?? (outcome.reached ? at : null);
        if (reachedAt !== null && at - reachedAt > ASKED_AGAIN_MS) {
          this.#over(firing, "refused", { code: "TIMEOUT", message: outcome.message });
          return;
        }
        const delay = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(firing.tries - 1, 10));
        this.firings.postpone(key, at + Math.max(delay, outcome.retryAfterMs ?? 0), reachedAt);
        return;
      }
      default:
        outcome satisfies never;
    }
  }

  #over(
    { key, trigger, dueAt }: StoredFiring,
    status: "skipped" | "refused",
    error: { code: string; message: string },
  ) {
    if (!this.firings.remove(key)) return;
    this.#taken.forget(key);
    this.#triggers.addRun(trigger.id, { at: this.#ports.now(), dueAt, status, error });
  }
}

/** It was perhaps started before a long outage, and nobody can say any more. */
const FORGOTTEN: FiringOutcome = {
  kind: "refused",
  code: "TIMEOUT",
  message: "it was perhaps started, and its answer lost; it is too late to ask again",
};
/** Nobody knows what came of it. */
const UNKNOWN: FiringOutcome = { kind: "later", reached: true, message: "the platform did not answer" };
