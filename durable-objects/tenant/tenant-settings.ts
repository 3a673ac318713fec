import type { TenantSettings } from "../../contracts/quota-rpc.ts";
import { type LimitOverrides, type Limits, limitsOf } from "../../contracts/limits.ts";
import type { TenantSql } from "./tenant-sql.ts";

/** What the tenant object knows of its tenant: copies of what Postgres has. In memory too, for every look at a key reads it. */
export class StoredSettings {
  readonly #sql: TenantSql;
  readonly #defaults: LimitOverrides;
  #known: TenantSettings | undefined;

  constructor(sql: TenantSql, defaults: LimitOverrides) {
    this.#sql = sql;
    this.#defaults = defaults;
  }

  get all(): TenantSettings {
    this.#known ??= { limits: this.#read<LimitOverrides>("limits") ?? {} };
    return this.#known;
  }

  get limits(): Limits {
    return limitsOf(this.#defaults, this.all.limits);
  }

  putLimits(overrides: LimitOverrides): void {
    this.#write("limits", overrides);
  }

  #write(name: string, value: unknown): void {
    this.#sql.write("INSERT OR REPLACE INTO settings VALUES (?, ?)", name, JSON.stringify(value));
    this.#known = undefined;
  }

  /** JSON that this class wrote. */
  #read<T>(name: string): T | undefined {
    const value = this.#sql.read("SELECT value FROM settings WHERE name = ?", name)[0]?.value;
    return value === undefined ? undefined : (JSON.parse(String(value)) as T);
  }
}
