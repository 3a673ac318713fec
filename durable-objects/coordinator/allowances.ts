import type { BudgetList, LeaseAnswer, LeaseAsk, LeaseReport } from "../../contracts/lease.ts";
import type { CellStorage } from "./cell-storage.ts";

export interface AllowanceDeps {
  storage: Pick<CellStorage, "fact" | "putFact" | "prepare">;
  now(): number;
  /** Asks the tenant object, in this cell's name. */
  ask(question: Omit<LeaseAsk, "holder">): Promise<LeaseAnswer>;
  /** The cell is there for one execution: it takes no more than that needs. */
  single: boolean;
  /** True when nothing here will ever be counted again. */
  closed(): boolean;
}

/** What this cell has of one account. */
interface Account {
  /** What is on the disk, or is in the commit under way. */
  used: number;
  granted: number;
  mark: number;
  /** Promised to executions whose commit is yet to come. */
  reserved: number;
  /** Given at the last answer: when little of it is left, more is asked for ahead. */
  block: number;
  /** When the tenant object last had nothing left to give. */
  refusedAt: number;
  /** As the tenant object said: used by all, and the ceiling. */
  total: number;
  ceiling: number | null;
}

interface Stored {
  seq: number;
  accounts: Record<string, [used: number, granted: number, mark: number, ceiling?: number | null]>;
}

const FACT = "allowances";
const BUDGETS = "shared_budgets";
/** For so long after a refusal the tenant object is not asked again. */
const REFUSED_MS = 1_000;
const WANTED: Readonly<Record<string, number>> = {
  concurrent_executions: 256,
  executions_per_month: 1_000,
  steps_per_month: 10_000,
  stored_bytes: 67_108_864,
  max_steps: 256,
  max_tokens: 50_000,
  max_seconds: 120_000,
  max_cost: 1_000_000,
};
const SINGLE: Readonly<Record<string, number>> = { concurrent_executions: 1, executions_per_month: 1 };

/**
 * What this cell may use of its tenant's limits and budgets, in blocks that it has of the tenant object. What was used is
 * written in the commit of what used it. Looking is a matter of memory; asking is for when a block runs low.
 */
export class Allowances {
  readonly #deps: AllowanceDeps;
  readonly #accounts = new Map<string, Account>();
  readonly #staged = new Map<string, number>();
  #seq = 0;
  #dirty = false;
  #budgets: BudgetList;
  #asking: { accounts: Set<string>; done: Promise<void> } | undefined;
  #next: { accounts: Set<string>; done: Promise<void> } | undefined;

  constructor(deps: AllowanceDeps) {
    this.#deps = deps;
    const stored = deps.storage.fact(FACT);
    if (stored !== undefined) {
      const { seq, accounts } = JSON.parse(stored) as Stored;
      this.#seq = seq;
      for (const [name, [used, granted, mark, ceiling = null]] of Object.entries(accounts)) {
        this.#accounts.set(name, { ...unknown(), used, granted, mark, ceiling, block: granted - used });
      }
    }
    const budgets = deps.storage.fact(BUDGETS);
    this.#budgets = budgets === undefined ? { version: 0, budgets: [] } : (JSON.parse(budgets) as BudgetList);
  }

  get budgets(): BudgetList {
    return this.#budgets;
  }

  /** The tenant's budgets are these now: what was refused may be asked for again. False when they are known. */
  putBudgets(list: BudgetList): boolean {
    this.forgive();
    if (list.version <= this.#budgets.version) return false;
    this.#budgets = list;
    this.#deps.storage.prepare();
    this.#deps.storage.putFact(BUDGETS, JSON.stringify(list));
    return true;
  }

  /** What was refused may be asked for again. */
  forgive(): void {
    for (const account of this.#accounts.values()) account.refusedAt = Number.NEGATIVE_INFINITY;
  }

  /** How much of an account may still be promised here. */
  room(name: string): number {
    const account = this.#accounts.get(name);
    return account ? account.granted - account.used - account.reserved : 0;
  }

  /** Accounts of which more was used than this cell was given: of what is known after a call only. */
  passed(): string[] {
    return [...this.#accounts].flatMap(([name, { used, granted }]) => (used > granted ? [name] : []));
  }

  /** True when the tenant object said just now that there is nothing left. */
  refused(name: string): boolean {
    const account = this.#accounts.get(name);
    return account !== undefined && this.#deps.now() - account.refusedAt < REFUSED_MS;
  }

  /** What the tenant object said of it: used by all cells, and the ceiling. */
  state(name: string): { used: number; limit: number } {
    const account = this.#accounts.get(name) ?? unknown();
    return { used: Math.max(account.total, account.used), limit: account.ceiling ?? 0 };
  }

  /** Promises `amount` to an execution whose commit is yet to come; false when there is no room. */
  reserve(name: string, amount = 1): boolean {
    if (this.room(name) < amount) return false;
    this.#account(name).reserved += amount;
    return true;
  }

  release(name: string, amount = 1): void {
    this.#account(name).reserved -= amount;
  }

  /** What is used of an account that is measured: the next measurement says it anew, so it rides on a write that happens anyway. */
  measured(name: string, used: number): void {
    const account = this.#account(name);
    if (account.used === used) return;
    account.used = used;
    this.#dirty = true;
  }

  /** Counts, in the commit under way. */
  stage(name: string, delta: number): void {
    if (delta !== 0) this.#staged.set(name, (this.#staged.get(name) ?? 0) + delta);
  }

  /** Writes what was staged; in the transaction that it belongs to. */
  storeStaged(): void {
    if (this.#staged.size > 0 || this.#dirty) this.#store();
  }

  /** The transaction is through, or was rolled back. */
  settleStaged(written: boolean): void {
    if (written) {
      for (const [name, delta] of this.#staged) this.#account(name).used += delta;
      this.#dirty = false;
    }
    this.#staged.clear();
  }

  /** True when little is left of the last block: asking ahead saves a wait. */
  isLow(name: string): boolean {
    const { block } = this.#accounts.get(name) ?? unknown();
    return this.room(name) <= block / 4 && !this.refused(name);
  }

  /** Asks the tenant object for more of these accounts. Questions that come while one is under way share the next. */
  ask(names: readonly string[]): Promise<void> {
    if (this.#asking === undefined) {
      const done = this.#ask(names).finally(() => {
        this.#asking = undefined;
      });
      this.#asking = { accounts: new Set(names), done };
      return done;
    }
    if (names.every((name) => this.#asking?.accounts.has(name))) return this.#asking.done;
    if (this.#next === undefined) {
      const accounts = new Set<string>();
      const done = this.#asking.done
        .catch(() => undefined)
        .then(() => {
          this.#next = undefined;
          return this.ask([...accounts]);
        });
      this.#next = { accounts, done };
    }
    for (const name of names) this.#next.accounts.add(name);
    return this.#next.done;
  }

  /** What the tenant object is told when it asks; see `LeaseHolderRpc`. */
  report(name: string, mark: number | undefined): LeaseReport | null {
    const account = this.#accounts.get(name);
    if (!account) return null;
    if (mark !== undefined && mark >= account.mark) {
      // What is promised is as good as used: it comes with the next commit.
      account.mark = mark;
      account.granted = Math.min(account.granted, account.used + account.reserved);
      account.block = 0;
      this.#deps.storage.prepare();
      this.#store();
    }
    return { used: account.used + account.reserved, closed: account.reserved === 0 && this.#deps.closed() };
  }

  async #ask(names: readonly string[]): Promise<void> {
    const wishes = names.map((account) => {
      const { used, reserved } = this.#account(account);
      return { account, used: used + reserved, want: this.#wanted(account) };
    });
    this.#seq = Math.max(this.#seq + 1, this.#deps.now());
    globalThis.faultPoint?.("leases.before");
    const answer = await this.#deps.ask({ seq: this.#seq, budgets: this.#budgets.version, wishes });
    globalThis.faultPoint?.("leases.answered");
    if (answer.budgets) this.putBudgets(answer.budgets);
    if (answer.behind !== undefined) {
      this.#seq = answer.behind;
      return this.#ask(names);
    }
    for (const { account: name, granted, mark, ceiling, total } of answer.grants) {
      const account = this.#account(name);
      if (ceiling !== null && mark < account.mark) continue;
      account.mark = Math.max(mark, account.mark);
      account.granted = granted;
      account.block = Math.max(0, granted - account.used - account.reserved);
      account.total = total;
      account.ceiling = ceiling;
      account.refusedAt = this.room(name) < 1 ? this.#deps.now() : Number.NEGATIVE_INFINITY;
    }
    this.#dirty = true;
  }

  #wanted(name: string): number {
    const [bare = ""] = name.split("@");
    const meter = bare.slice(bare.lastIndexOf(":") + 1);
    return (this.#deps.single ? SINGLE[meter] : undefined) ?? WANTED[meter] ?? 1;
  }

  #account(name: string): Account {
    const known = this.#accounts.get(name) ?? unknown();
    this.#accounts.set(name, known);
    return known;
  }

  /** As it is once what is staged counts. */
  #store(): void {
    const accounts: Stored["accounts"] = {};
    for (const name of new Set([...this.#accounts.keys(), ...this.#staged.keys()])) {
      const { used, granted, mark, ceiling } = this.#accounts.get(name) ?? unknown();
      accounts[name] = [used + (this.#staged.get(name) ?? 0), granted, mark, ceiling];
    }
    this.#deps.storage.putFact(FACT, JSON.stringify({ seq: this.#seq, accounts } satisfies Stored));
  }

  /** Accounts of other periods, and of budgets that are no more, are of no interest here: the tenant object has their numbers. */
  forget(test: (name: string) => boolean): void {
    for (const [name, { reserved }] of this.#accounts) if (reserved === 0 && test(name)) this.#accounts.delete(name);
  }
}

function unknown(): Account {
  return {
    used: 0,
    granted: 0,
    mark: 0,
    reserved: 0,
    block: 0,
    refusedAt: Number.NEGATIVE_INFINITY,
    total: 0,
    ceiling: null,
  };
}
