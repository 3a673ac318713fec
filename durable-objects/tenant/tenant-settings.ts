import type { TenantSettings } from "../../contracts/quota-rpc.ts";
import type { BudgetList } from "../../contracts/lease.ts";
import type { ShardMap } from "../../contracts/shard-map.ts";
import { readAccount, type SharedBudget } from "../../contracts/shared-budget.ts";
import { isLimitName, type LimitOverrides, type Limits, limitsOf } from "../../contracts/limits.ts";
import type { TenantSql } from "./tenant-sql.ts";

/** What the tenant object knows of its tenant: copies of what Postgres has. In memory too, for every look at a key reads it. */
export class StoredSettings {
  readonly #sql: TenantSql;
  readonly #defaults: LimitOverrides;
  #known: TenantSettings | undefined;
  #budgets: BudgetList | undefined;
  #limits: Limits | undefined;

  constructor(sql: TenantSql, defaults: LimitOverrides) {
    this.#sql = sql;
    this.#defaults = defaults;
  }

  get all(): TenantSettings {
    this.#known ??= { limits: this.#read<LimitOverrides>("limits") ?? {}, shards: this.#read<ShardMap>("shards") };
    return this.#known;
  }

  get limits(): Limits {
    this.#limits ??= limitsOf(this.#defaults, this.all.limits);
    return this.#limits;
  }

  get budgets(): BudgetList {
    this.#budgets ??= this.#read<BudgetList>("budgets") ?? { version: 0, budgets: [] };
    return this.#budgets;
  }

  putBudgets(budgets: SharedBudget[]): void {
    const version = this.budgets.version + 1;
    this.#write("budgets", { version, budgets } satisfies BudgetList);
    this.#budgets = undefined;
  }

  /** Up to where an account may be used; null without a limit. */
  ceiling(account: string): number | null {
    const { budget, limit } = readAccount(account);
    if (budget) return this.budgets.budgets.find(({ scope }) => scope === budget.scope)?.amounts[budget.meter] ?? null;
    return isLimitName(limit) ? this.limits[limit] : null;
  }

  putShards(shards: ShardMap): void {
    this.#write("shards", shards);
  }

  putLimits(overrides: LimitOverrides): void {
    this.#write("limits", overrides);
  }

  #write(name: string, value: unknown): void {
    this.#sql.write("INSERT OR REPLACE INTO settings VALUES (?, ?)", name, JSON.stringify(value));
    this.#known = undefined;
    this.#limits = undefined;
  }

  /** JSON that this class wrote. */
  #read<T>(name: string): T | undefined {
    const value = this.#sql.read("SELECT value FROM settings WHERE name = ?", name)[0]?.value;
    return value === undefined ? undefined : (JSON.parse(String(value)) as T);
  }
}
