import { periodEnd, periodName } from "../../contracts/period.ts";
import {
  BUDGET_METERS,
  BUDGET_UNITS,
  budgetAccount,
  type BudgetMeter,
  type SharedBudget,
} from "../../contracts/shared-budget.ts";
import type { Admittance } from "../../engine/run/types.ts";
import type { TimerQueue } from "../timer-queue.ts";
import type { Allowances } from "./allowances.ts";
import type { CellStorage } from "./cell-storage.ts";
import type { Resident } from "./resident.ts";

interface SharedBudgetDeps {
  storage: CellStorage;
  allowances: Allowances;
  timers: TimerQueue;
  now(): number;
  wait(ms: number): Promise<void>;
  /** The execution, brought back when it sleeps. */
  get(executionId: string): Resident | undefined;
  isCurrent(resident: Resident): boolean;
}

/** Before the tenant object is asked again that did not answer. */
const RETRY_MS = 1_000;
const RESUMED_AT_ONCE = 64;

/**
 * Budgets that executions share: of the tenant, and of each workflow. A step is opened only where there is room in this cell's
 * block; what is spent is counted in the commit that says so. Executions without such a budget never come here.
 */
export class SharedBudgets {
  readonly #deps: SharedBudgetDeps;
  /** Executions whose next step waits for an answer of the tenant object. */
  readonly #waiting = new Set<Resident>();
  readonly #wanted = new Set<string>();
  /** Executions that a spent budget has paused. */
  readonly #held: Set<string>;
  #period = "";
  #asking = false;

  constructor(deps: SharedBudgetDeps) {
    this.#deps = deps;
    this.#held = new Set(deps.storage.heldByBudget());
  }

  /** Whether a step may be opened (`step`), or tried again. */
  admits(resident: Resident, kind: "step" | "again"): Admittance {
    const budgets = this.#of(resident);
    if (budgets.length === 0) return true;
    const { allowances, now } = this.#deps;
    const counted: string[] = [];
    for (const { scope, period, amounts, holdMs } of budgets) {
      for (const meter of metersOf(amounts)) {
        // Another try of a step is no further step.
        if (kind === "again" && meter === "max_steps") continue;
        const account = budgetAccount(scope, meter, periodName(period, now()));
        if (allowances.room(account) >= 1) {
          if (meter === "max_steps") counted.push(account);
          if (allowances.isLow(account)) this.#askSoon(account);
        } else if (allowances.refused(account)) {
          const { used, limit } = allowances.state(account);
          const unit = BUDGET_UNITS[meter];
          return { budget: `${scope}.${meter}`, used: used / unit, limit: limit / unit, holdMs };
        } else {
          this.#await(resident, account);
          return "later";
        }
      }
    }
    for (const account of counted) resident.reservations.take(account);
    return true;
  }

  /** Counts what the events to be written have spent. */
  stage(resident: Resident): void {
    const { executionId } = resident.head;
    const held = isHeld(resident);
    if (held !== this.#held.has(executionId)) this.#deps.storage.putHeldByBudget(executionId, held);
    const budgets = this.#of(resident);
    if (budgets.length === 0) return;
    const spent = spentBy(resident);
    for (const { scope, period, amounts } of budgets) {
      for (const meter of metersOf(amounts))
        this.#deps.allowances.stage(budgetAccount(scope, meter, periodName(period, this.#deps.now())), spent[meter]);
    }
  }

  written(resident: Resident): void {
    if (isHeld(resident)) this.#held.add(resident.head.executionId);
    else this.#held.delete(resident.head.executionId);
    // Tokens, cost and seconds are known after a call only. What passed the block is told at once: a cell of one execution may
    // never ask again, and the next such cell would find room that is gone.
    for (const { scope, period, amounts } of this.#of(resident)) {
      for (const meter of metersOf(amounts)) {
        const account = budgetAccount(scope, meter, periodName(period, this.#deps.now()));
        if (this.#deps.allowances.room(account) < 0) this.#askSoon(account);
      }
    }
  }

  /** Budgets were raised, or something was freed: what they have paused goes on, as far as it comes. */
  async resumeHeld(): Promise<void> {
    this.#forgetGone();
    let resumed = 0;
    for (const id of [...this.#held]) {
      const resident = this.#deps.get(id);
      if (!resident) this.#held.delete(id);
      else if (isHeld(resident)) resident.driver.deliver({ type: "resume" });
      globalThis.faultPoint?.("budget.resumed");
      resumed += 1;
      if (resumed % RESUMED_AT_ONCE === 0) await this.#deps.wait(0);
    }
  }

  /** Called now and then: when a period is over, what its budget has paused goes on. */
  async tick(): Promise<void> {
    const period = periodName("day", this.#deps.now());
    const isFirst = this.#period === "";
    const isNew = !isFirst && this.#period !== period;
    this.#period = period;
    // The object may have gone between the commit and telling of it (`written`).
    if (isFirst) this.#tellPassed();
    if (!isNew || this.#held.size === 0) return;
    this.#deps.allowances.forgive();
    await this.resumeHeld();
  }

  #tellPassed(): void {
    for (const account of this.#deps.allowances.passed()) {
      const end = periodEnd(account.slice(account.lastIndexOf("@") + 1));
      // Of a span that is over, nobody will be given any more.
      if (account.startsWith("budget:") && (end === null || end > this.#deps.now())) this.#askSoon(account);
    }
  }

  #of(resident: Resident): readonly SharedBudget[] {
    const { version, budgets } = this.#deps.allowances.budgets;
    if (budgets.length === 0) return budgets;
    if (resident.budgets?.version !== version) {
      const workflow = `workflow:${resident.plan.definition.slug}`;
      resident.budgets = { version, list: budgets.filter(({ scope }) => scope === "tenant" || scope === workflow) };
    }
    return resident.budgets.list;
  }

  #await(resident: Resident, account: string): void {
    if (!this.#waiting.has(resident)) {
      this.#waiting.add(resident);
      resident.errands += 1;
    }
    this.#askSoon(account);
  }

  #askSoon(account: string): void {
    this.#wanted.add(account);
    if (this.#asking) return;
    this.#asking = true;
    void this.#deps.wait(0).then(() => this.#ask());
  }

  async #ask(): Promise<void> {
    const wanted = [...this.#wanted];
    this.#wanted.clear();
    const reached = await this.#deps.allowances.ask(wanted).then(
      () => true,
      () => false,
    );
    globalThis.faultPoint?.("budget.answered");
    if (!reached) {
      for (const account of wanted) this.#wanted.add(account);
      this.#deps.timers.at(this.#deps.now() + RETRY_MS, () => void this.#ask());
      return;
    }
    this.#asking = false;
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const resident of waiting) {
      resident.errands -= 1;
      if (this.#deps.isCurrent(resident)) resident.driver.deliver({ type: "continue" });
    }
    const [next] = this.#wanted;
    if (next !== undefined) this.#askSoon(next);
  }

  /** Accounts of budgets that are no more, and of periods that are over. */
  #forgetGone(): void {
    const now = this.#deps.now();
    const { budgets } = this.#deps.allowances.budgets;
    const known = new Set(
      budgets.flatMap(({ scope, period, amounts }) =>
        metersOf(amounts).map((meter) => budgetAccount(scope, meter, periodName(period, now))),
      ),
    );
    this.#deps.allowances.forget((name) => name.startsWith("budget:") && !known.has(name));
  }
}

/** A budget of its own has no scope before its name. */
function isHeld({ driver }: Resident): boolean {
  const { status, hold } = driver.state;
  return status === "paused" && hold?.kind === "budget" && hold.budget.includes(".");
}

function metersOf(amounts: SharedBudget["amounts"]): BudgetMeter[] {
  return BUDGET_METERS.filter((meter) => amounts[meter] !== undefined);
}

/** What an execution's events that are about to be written have spent, in the units of the accounts. */
function spentBy(resident: Resident): Record<BudgetMeter, number> {
  let tokens = 0;
  let cost = 0;
  let computeMs = 0;
  for (const event of resident.pending) {
    if (!("usage" in event) || !event.usage) continue;
    tokens += (event.usage.input_tokens ?? 0) + (event.usage.output_tokens ?? 0);
    cost += event.usage.cost ?? 0;
    computeMs += event.usage.compute_ms;
  }
  return {
    max_steps: resident.driver.state.steps - resident.metered.steps,
    max_tokens: tokens,
    max_seconds: Math.ceil(computeMs),
    max_cost: Math.round(cost * BUDGET_UNITS.max_cost),
  };
}
