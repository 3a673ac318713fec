import { RunDriver } from "../../engine/driver/run-driver.ts";
import type { Plan } from "../../engine/plan/types.ts";
import { newRun } from "../../engine/run/new-run.ts";
import type { RunState } from "../../engine/run/state.ts";
import type { ActionCall, ActionResult } from "../../engine/run/types.ts";
import { CellCommits } from "./cell-commits.ts";
import { Children, unawaited } from "./children.ts";
import { CommitGroup } from "./commit-group.ts";
import { withEpoch } from "./epochs.ts";
import { Errands } from "./errands.ts";
import { callContextOf, type StoredHead } from "./execution-head.ts";
import { foldStored } from "./fold-stored.ts";
import { hostFailure } from "./host-failure.ts";
import { isLost } from "./is-lost.ts";
import type { Reservations } from "./reservations.ts";
import { type Birth, Resident } from "./resident.ts";
import type { ResidentsDeps } from "./residents-deps.ts";
import { ResidentPort } from "./resident-port.ts";
import { restsUntil } from "./rests-until.ts";
import { StoredRuns } from "./stored-runs.ts";
import { TreeBudgets } from "./tree-budgets.ts";
import { untilEnd } from "./until-end.ts";

/** The executions in the memory of a cell: how they come in, are written, fail, fall asleep and leave. */
export class Residents {
  readonly #deps: ResidentsDeps;
  readonly #all = new Map<string, Resident>();
  readonly #commits: CellCommits;
  readonly #group: CommitGroup;
  readonly #children: Children;
  readonly #errands: Errands;
  readonly #runs: StoredRuns;
  readonly #trees: TreeBudgets;
  #calls = 0;

  constructor(deps: ResidentsDeps) {
    this.#deps = deps;
    const { now, tenant, timers } = deps;
    this.#runs = new StoredRuns(deps.storage, deps.plans, deps.bring);
    const here = (id: string) => this.#all.get(id);
    this.#trees = new TreeBudgets({ here, read: (id) => foldStored(deps.storage, deps.plans, id) });
    this.#commits = new CellCommits(deps);
    this.#group = new CommitGroup({
      now,
      load: () => Math.max(this.#all.size, this.#calls),
      write: (residents) => {
        const failures = this.#commits.write(residents);
        deps.keepAwake();
        return failures;
      },
      wait: deps.wait,
      failed: (resident, error) => this.#failByName(resident, error),
    });
    this.#children = new Children({
      now: () => this.now(),
      childId: deps.childId,
      outcome: (id) => (this.#all.has(id) ? "running" : this.#runs.outcome(id)),
      ready: (id) => (deps.storage.execution(id) ? deps.bring(id) : undefined),
      start: (head, planDigest, source, { inputs, env, budget }) => {
        const plan = deps.plans.find(planDigest, source);
        if (!plan) throw new Error("a plan that was just given is unknown");
        const { principal, actor, parent, concurrency } = head;
        const hold = concurrency && { kind: "concurrency" as const, key: concurrency.key };
        const maxSteps = parent && this.#all.get(parent.executionId)?.driver.state.maxSteps;
        const start = { type: "start" as const, inputs, env, principal, actor, budget, maxSteps, hold };
        this.bear(head, plan, { planDigest, start });
      },
      cancel: (id, reason, compensate) => this.#cancel(id, reason, compensate),
      wait: deps.wait,
      report: deps.report,
    });
    const isCurrent = (resident: Resident) => this.isCurrent(resident);
    const release = (resident: Resident) => deps.admissions.release(resident);
    this.#errands = new Errands({ tenant, timers, now, isCurrent, release, done: (resident) => this.rest(resident) });
  }

  get size(): number {
    return this.#all.size;
  }

  /** The time that the next transition will bear. */
  now(): number {
    return this.#group.now();
  }

  /** The execution, brought back from the disk when it sleeps there; undefined when it has ended or was never here. */
  get(executionId: string): Resident | undefined {
    return this.#all.get(executionId) ?? this.#awaken(executionId);
  }

  /** The execution, if it is in memory. */
  here(executionId: string): Resident | undefined {
    return this.#all.get(executionId);
  }

  isCurrent(resident: Resident): boolean {
    return this.#all.get(resident.head.executionId) === resident;
  }

  /** A new execution; nothing of it is on the disk before its first commit. */
  bear(head: StoredHead, plan: Plan, birth: Birth, promised?: Reservations): Resident {
    const { executionId, runAttempt } = head;
    const resident = this.#take(head, plan, newRun({ executionId, runAttempt }), promised);
    resident.birth = birth;
    resident.driver.deliver(birth.start);
    return resident;
  }

  /** One that has ended, as its next run attempt, with another plan where one is given: to be told to go on, or let go. */
  reopen(executionId: string, promised: Reservations, next?: { digest: string; plan: Plan }): Resident | undefined {
    const row = this.#deps.storage.execution(executionId);
    if (!row || row.finishedAt === null || this.#all.has(executionId)) return undefined;
    const reopened = this.#runs.read(executionId, (head, plan, state, large) => {
      const epoch = { seq: state.seq + 1, plan: next?.digest ?? row.plan, runAttempt: state.identity.runAttempt + 1 };
      const resident = this.#take(withEpoch(head, row.plan, epoch), next?.plan ?? plan, state, promised);
      resident.next = epoch.plan;
      return resident.storedIn(this.#deps.storage, large);
    });
    return reopened ?? undefined;
  }

  /** It is not driven after all. */
  letGo(resident: Resident): void {
    if (this.isCurrent(resident)) this.#drop(resident);
  }

  /** After a restart: everything that was not asleep is folded and goes on. */
  recover(): void {
    const { storage, report } = this.#deps;
    for (const id of storage.awake()) {
      if (this.#all.has(id)) continue;
      try {
        this.#resume(this.#revive(id));
      } catch (error) {
        report(`execution ${id} could not be revived`, error);
      }
    }
    for (const { id, parentStatus } of storage.orphans())
      this.#cancel(id, "its parent has ended", isLost(parentStatus));
  }

  /** Brings back what is due, a bounded number at a time. */
  awakenDue(): void {
    for (const id of this.#deps.storage.due(this.#deps.now(), MOST_AT_ONCE)) {
      try {
        this.get(id);
      } catch (error) {
        this.#deps.storage.awaken(id);
        this.#deps.report(`execution ${id} could not be revived`, error);
      }
    }
  }

  /** Reads an execution as it is on disk. What is in memory counts only when all of it is there. */
  async read<T>(executionId: string, use: (head: StoredHead, plan: Plan, state: RunState) => T): Promise<T | null> {
    for (;;) {
      const resident = this.#all.get(executionId);
      if (!resident) return this.#runs.find(executionId, use);
      const settled = this.#group.settled(resident);
      if (!settled) return use(resident.head, resident.plan, resident.driver.state);
      await settled;
    }
  }

  /** Resolves when what the execution has done so far is on disk. */
  async committed(resident: Resident): Promise<void> {
    let last = resident;
    for (;;) {
      await this.#group.settled(last);
      if (!last.successor) break;
      last = last.successor;
    }
    if (last.birth) throw new Error(`execution ${last.head.executionId} could not be stored`);
  }

  /** Waits for the end, at most `waitMs`; undefined when it has not come by then. */
  ended(caused: Resident, waitMs: number): Promise<Resident | undefined> {
    const { timers, now } = this.#deps;
    const [isCurrent, rest] = [(it: Resident) => this.isCurrent(it), (it: Resident) => this.rest(it)];
    return untilEnd(caused, waitMs, { timers, now, isCurrent, rest });
  }

  /** An execution that only waits, and longer than a nap, is left to the disk until it is due or somebody asks. */
  rest(resident: Resident): void {
    const { head } = resident;
    if (this.#all.get(head.executionId) !== resident || this.#group.settled(resident)) return;
    const due = restsUntil(resident, (id) => this.#all.has(id), this.#deps.now());
    if (due === undefined) return;
    // What it used during a pause changed no status, and nobody would look for it on the disk.
    this.#commits.reportUsage(resident);
    globalThis.faultPoint?.("rest.before");
    this.#deps.storage.putToSleep(head.executionId, due);
    globalThis.faultPoint?.("rest.asleep");
    this.#drop(resident);
    this.#deps.keepAwake();
    const parent = head.parent && this.#all.get(head.parent.executionId);
    if (parent) this.rest(parent);
  }

  /** Executions that used something since the sink last saw them, and whose status did not change by it, come up for it. */
  reportUsage(): void {
    for (const resident of this.#all.values())
      this.#group.whenSettled(resident, (error) => {
        if (error === undefined) this.#commits.reportUsage(resident);
      });
  }

  #take(head: StoredHead, plan: Plan, state: RunState, promised = this.#deps.admissions.reservations()): Resident {
    const resident = new Resident(head, plan, callContextOf(plan, head), promised);
    const port = new ResidentPort(resident, {
      group: this.#group,
      timers: this.#deps.timers,
      call: (caller, call) => this.#call(caller, call),
      abort: (caller, path, attempt, compensate) => {
        this.#children.abort(caller, path, attempt, compensate);
        this.#restSoon(caller);
      },
      awaitEvent: (waiter, path, wait) => this.#errands.awaitEvent(waiter, path, wait),
      forgetEvent: (waiter, path) => this.#errands.forgetEvent(waiter, path),
      admits: (asker, kind) => {
        const spent = kind === "begin" ? undefined : this.#trees.spent(asker, kind);
        return spent ?? this.#deps.admissions.admits(asker, kind);
      },
      spentBy: (executionId) => this.#trees.spentBy(executionId),
      soon: (task) => void this.#deps.wait(0).then(task),
      committed: (written) => this.#committed(written),
      ended: (ended) => this.#leave(ended),
      crashed: (broken, error) => this.#crashed(broken, error),
    });
    this.#all.set(head.executionId, resident);
    this.#trees.forget(head.executionId);
    return resident.drivenBy(new RunDriver(plan, state, port));
  }

  async #call(resident: Resident, call: ActionCall): Promise<ActionResult> {
    const child = call.workflow !== undefined;
    const isOpen = () => resident.driver.state.open.get(call.path)?.attempt === call.attempt;
    globalThis.faultPoint?.("call.before");
    if (!child) this.#calls += 1;
    try {
      const given = await (child ? this.#children.run(resident, call) : this.#deps.call(call, resident.context));
      const isAwaited = () => this.isCurrent(resident) && isOpen();
      return await this.#deps.keep(resident, { path: call.path, isAwaited }, given);
    } finally {
      if (!child) this.#calls -= 1;
      // The answer to a call that was given up makes no transition, and so no commit after which it could rest.
      if (!isOpen()) this.#restSoon(resident);
    }
  }

  #committed(resident: Resident): void {
    const { hold } = resident.driver.state;
    if (hold?.kind === "concurrency" && resident.heldFor !== hold.key) {
      resident.heldFor = hold.key;
      this.#errands.acquireSlot(resident);
    }
    if (resident.failing) this.#cancelUnawaited(resident);
    if (resident.driver.inFlight === resident.children.size) this.#restSoon(resident);
  }

  /** In a turn of its own: effects of a commit, and what an answer changes, come first. */
  #restSoon(resident: Resident): void {
    void this.#deps.wait(0).then(() => this.rest(resident));
  }

  #drop(resident: Resident): void {
    this.#all.delete(resident.head.executionId);
    resident.spoilt = true;
    resident.driver.dispose();
    resident.reservations.drop();
    this.#children.forget(resident);
  }

  #leave(resident: Resident): void {
    const { head, driver } = resident;
    if (this.#all.get(head.executionId) !== resident) return;
    this.#all.delete(head.executionId);
    driver.dispose();
    this.#children.forget(resident);
    if (resident.failing) this.#cancelUnawaited(resident);
    this.#errands.releaseSlot(resident);
    globalThis.faultPoint?.("leave.before");
    for (const waiter of resident.waiters) waiter(resident);
    const awaited = this.#children.ended(head.executionId, driver.state);
    // A parent that sleeps asks for its child's end again when it is back.
    if (!awaited && head.parent) this.#tryGet(head.parent.executionId);
    globalThis.faultPoint?.("leave.told");
  }

  /** A bug in a transition: what was committed before it stands, what it half did is forgotten. */
  #crashed(resident: Resident, error: unknown): void {
    resident.spoilt = true;
    this.#group.whenSettled(resident, () => this.#failByName(resident, error));
  }

  /** Folds the execution again from what is stored and ends it with an error that says why. Others go on. */
  #failByName(resident: Resident, error: unknown): void {
    const { executionId } = resident.head;
    if (this.#all.get(executionId) !== resident) return;
    this.#deps.report(`execution ${executionId} failed outside of its workflow`, error);
    this.#drop(resident);
    const successor = resident.failing ? undefined : this.#successor(resident);
    if (!successor) {
      if (resident.birth?.idempotency) this.#deps.starts.forget(resident.birth.idempotency.key);
      for (const waiter of resident.waiters) waiter(resident);
      this.#children.ended(executionId, resident.driver.state);
      return;
    }
    globalThis.faultPoint?.("fail.before");
    resident.successor = successor;
    successor.failing = true;
    for (const waiter of resident.waiters) successor.waiters.add(waiter);
    const failure = hostFailure(error);
    const { birth } = successor;
    // Of what could not be stored, only what the caller sent is tried again: no step will read the rest.
    if (birth) successor.driver.deliver({ type: "start", inputs: birth.start.inputs, failure });
    else successor.driver.deliver({ type: "fail", error: failure });
  }

  /** The execution as it is on disk; as before its first event, when it never came there. */
  #successor(resident: Resident): Resident | undefined {
    const { head, plan, birth } = resident;
    const { executionId, runAttempt } = head;
    try {
      if (!birth) {
        const revived = this.#revive(executionId);
        // What could not be written was that it goes on: it is over, as the disk says.
        if (!revived?.driver.terminal) return revived;
        return void this.letGo(revived);
      }
      const unborn = this.#take(head, plan, newRun({ executionId, runAttempt }));
      unborn.birth = birth;
      return unborn;
    } catch (error) {
      this.#deps.report(`execution ${executionId} could not be revived`, error);
      return undefined;
    }
  }

  #awaken(executionId: string): Resident | undefined {
    const row = this.#deps.storage.execution(executionId);
    if (!row || row.finishedAt !== null) return undefined;
    const resident = this.#revive(executionId);
    globalThis.faultPoint?.("awaken.before");
    this.#deps.storage.awaken(executionId);
    globalThis.faultPoint?.("awaken.awake");
    this.#resume(resident);
    this.#deps.keepAwake();
    return resident;
  }

  /** Goes on where the disk says; executions that it started and awaits no more are cancelled. */
  #resume(resident: Resident | undefined): void {
    if (!resident) return;
    const { driver } = resident;
    globalThis.faultPoint?.("resume.before");
    driver.resume();
    globalThis.faultPoint?.("resume.done");
    if (driver.state.hold?.kind === "concurrency") {
      resident.heldFor = driver.state.hold.key;
      this.#errands.acquireSlot(resident);
    }
    this.#cancelUnawaited(resident);
    this.#committed(resident);
  }

  /** Executions that steps of this one started, before a restart or a fault, and that nobody waits for any more. */
  #cancelUnawaited({ head, driver }: Resident): void {
    const undoes = driver.state.ending !== null || isLost(driver.state.status);
    const here = (id: string) => this.#all.get(id)?.head;
    for (const id of unawaited(this.#deps.storage, head.executionId, driver.state, here))
      this.#cancel(id, "the step that started it has ended", undoes);
  }

  #cancel(executionId: string, reason: string, compensate: boolean): void {
    this.#tryGet(executionId)?.driver.deliver({ type: "cancel", reason, compensate });
  }

  /** One that cannot be brought back must not stop those that share its turn. */
  #tryGet(executionId: string): Resident | undefined {
    try {
      return this.get(executionId);
    } catch (error) {
      this.#deps.report(`execution ${executionId} could not be revived`, error);
      return undefined;
    }
  }

  #revive(executionId: string): Resident | undefined {
    return (
      this.#runs.read(executionId, (head, plan, state, large) =>
        this.#take(head, plan, state).storedIn(this.#deps.storage, large),
      ) ?? undefined
    );
  }
}

/** Executions brought back by one alarm; what is left waits for the next, which is due at once. */
const MOST_AT_ONCE = 200;
