import { DurableObject } from "cloudflare:workers";
import { failure, type Result, success } from "../../contracts/errors.ts";
import { FIRST_SHARD_MAP, growShards, MOST_SHARDS, type ShardMap } from "../../contracts/shard-map.ts";
import { deploymentLimits, type LimitOverrides } from "../../contracts/limits.ts";
import type { BudgetList, LeaseAnswer, LeaseAsk } from "../../contracts/lease.ts";
import { periodEnd, periodName } from "../../contracts/period.ts";
import type { SharedBudget } from "../../contracts/shared-budget.ts";
import type { LimitUse, StreamLease, TenantSettings, TokenGrant, TokenWish } from "../../contracts/quota-rpc.ts";
import type {
  KeyedEvent,
  KeyedWait,
  KeyRecord,
  SealedConnection,
  SlotAnswer,
  SlotRequest,
  TenantRpc,
} from "../../contracts/rpc.ts";
import type { Json } from "../../engine/json.ts";
import type { SqlValue } from "../sqlite-migrations.ts";
import { Exchange } from "./exchange.ts";
import type { CellLink } from "./exchange-ports.ts";
import { RateBuckets } from "./rate-buckets.ts";
import { StreamLeases } from "./stream-leases.ts";
import type { StoredSettings } from "./tenant-settings.ts";
import { TenantSql } from "./tenant-sql.ts";

/** The bindings a tenant object needs; the platform Worker's configuration gives them. */
export interface TenantEnv {
  COORDINATOR: { getByName(name: string): CellLink };
  /** JSON: limits of this deployment that differ from `contracts/limits.ts`. */
  DEFAULT_LIMITS?: string;
}

/**
 * The tenant object: what crosses the cells of one tenant and environment. Keys, connections and settings are copies, kept
 * where they can be asked while Postgres is down; the services write them beside it. Slots, keyed events and cached
 * outputs stand here alone.
 */
export class Tenant extends DurableObject<TenantEnv> implements TenantRpc {
  readonly #sql: TenantSql;
  readonly #exchange: Exchange;
  readonly #rates = new RateBuckets();
  readonly #streams: StreamLeases;

  constructor(ctx: DurableObjectState, env: TenantEnv) {
    super(ctx, env);
    this.#sql = new TenantSql(ctx.storage);
    this.#streams = new StreamLeases(this.#sql);
    this.#exchange = new Exchange(this.#sql, {
      now: Date.now,
      cell: (name) => env.COORDINATOR.getByName(name),
      later,
      defaultLimits: deploymentLimits(env.DEFAULT_LIMITS),
      setAlarm: (at) => void ctx.storage.setAlarm(at),
      report: (message, error) => console.error(message, error),
    });
  }

  get #settings(): StoredSettings {
    return this.#exchange.settings;
  }

  async verifyKey(hash: string): Promise<KeyRecord | null> {
    return this.#key("hash", hash);
  }

  async findKey(keyId: string): Promise<KeyRecord | null> {
    return this.#key("id", keyId);
  }

  #key(column: "hash" | "id", value: string): KeyRecord | null {
    const row = this.#sql.read(
      `SELECT record, (SELECT at FROM revoked WHERE revoked.id = keys.id) AS revoked_at FROM keys WHERE ${column} = ?`,
      value,
    )[0];
    if (!row) return null;
    const record = { ...(JSON.parse(String(row.record)) as KeyRecord), settings: this.#settings.all };
    return row.revoked_at === null ? record : { ...record, revokedAt: Number(row.revoked_at) };
  }

  async putKey(hash: string, key: KeyRecord): Promise<void> {
    this.#sql.write("INSERT OR REPLACE INTO keys VALUES (?, ?, ?)", hash, key.id, JSON.stringify(key));
  }

  /** Kept apart from the key's copy: a copy that arrives late cannot undo it. */
  async revokeKey(keyId: string, at: number): Promise<void> {
    this.#sql.write("INSERT OR IGNORE INTO revoked VALUES (?, ?)", keyId, at);
  }

  async putConnection(connection: SealedConnection): Promise<void> {
    const { id, connector, name } = connection;
    this.#sql.write(
      "INSERT OR REPLACE INTO connections VALUES (?, ?, ?, ?)",
      id,
      connector,
      name,
      JSON.stringify(connection),
    );
  }

  async deleteConnection(id: string): Promise<void> {
    this.#sql.write("DELETE FROM connections WHERE id = ?", id);
  }

  async findConnection({ connector, ref }: { connector: string; ref?: string }): Promise<SealedConnection | null> {
    const rows =
      ref === undefined
        ? this.#sql.read("SELECT name, record FROM connections WHERE connector = ?", connector)
        : this.#sql.read(
            "SELECT name, record FROM connections WHERE connector = ? AND (id = ? OR name = ?)",
            connector,
            ref,
            ref,
          );
    const row = rows.length === 1 ? rows[0] : rows.find(({ name }) => name === "default");
    return row ? (JSON.parse(String(row.record)) as SealedConnection) : null;
  }

  async putSecret(name: string, sealed: string): Promise<void> {
    this.#sql.write("INSERT OR REPLACE INTO secrets VALUES (?, ?)", name, sealed);
  }

  async deleteSecret(name: string): Promise<void> {
    this.#sql.write("DELETE FROM secrets WHERE name = ?", name);
  }

  async secrets(names: string[]): Promise<Record<string, string | null>> {
    const find = (name: string): SqlValue | undefined =>
      this.#sql.read("SELECT sealed FROM secrets WHERE name = ?", name)[0]?.sealed;
    return Object.fromEntries(names.map((name) => [name, textOrNull(find(name))]));
  }

  async putEnv(name: string, value: Json): Promise<void> {
    this.#sql.write("INSERT OR REPLACE INTO env VALUES (?, ?)", name, JSON.stringify(value));
  }

  async deleteEnv(name: string): Promise<void> {
    this.#sql.write("DELETE FROM env WHERE name = ?", name);
  }

  async envValues(names: string[]): Promise<Record<string, Json>> {
    const rows = names.includes("*")
      ? this.#sql.read("SELECT name, value FROM env")
      : names.flatMap((name) => this.#sql.read("SELECT name, value FROM env WHERE name = ?", name));
    return Object.fromEntries(rows.map(({ name, value }) => [String(name), JSON.parse(String(value)) as Json]));
  }

  async registerCell(name: string): Promise<void> {
    this.#sql.write("INSERT OR IGNORE INTO cells VALUES (?)", name);
  }

  async cells(): Promise<string[]> {
    return this.#sql.read("SELECT name FROM cells").map(({ name }) => String(name));
  }

  async acquireSlot(request: SlotRequest): Promise<SlotAnswer> {
    return this.#exchange.slots.acquire(request);
  }

  async releaseSlot(executionId: string): Promise<void> {
    this.#exchange.slots.release(executionId);
  }

  async slotPosition(executionId: string): Promise<number | null> {
    return this.#exchange.slots.position(executionId);
  }

  async publishEvent(event: KeyedEvent): Promise<Result<number>> {
    return this.#exchange.events.publish(event);
  }

  async awaitEvent(wait: KeyedWait): Promise<KeyedEvent | null> {
    return this.#exchange.events.await(wait);
  }

  async forgetWait(executionId: string, path: string): Promise<void> {
    this.#exchange.events.forget(executionId, path);
  }

  async cached(key: string): Promise<{ output: Json } | null> {
    return this.#exchange.cache.get(key);
  }

  async putCached(key: string, output: Json, expiresAt: number): Promise<void> {
    this.#exchange.cache.put(key, output, expiresAt);
  }

  async settings(): Promise<TenantSettings> {
    return this.#settings.all;
  }

  async putLimits(overrides: LimitOverrides): Promise<void> {
    this.#settings.putLimits(overrides);
    this.#exchange.leases.ceilingsChanged();
  }

  async takeTokens(wishes: TokenWish[]): Promise<TokenGrant[]> {
    return this.#rates.take(wishes, this.#settings.limits, Date.now());
  }

  async limitsUsed(): Promise<LimitUse[]> {
    const now = Date.now();
    const month = periodName("month", now);
    const resetsAt = periodEnd(month) ?? undefined;
    const [concurrent = 0, queued = 0, executions = 0, steps = 0] = await this.accountsUsed([
      "concurrent_executions",
      "queued_executions",
      `executions_per_month@${month}`,
      `steps_per_month@${month}`,
    ]);
    return [
      { name: "concurrent_executions", used: concurrent },
      { name: "queued_executions", used: queued },
      { name: "executions_per_month", used: executions, resetsAt },
      { name: "steps_per_month", used: steps, resetsAt },
      { name: "streams", used: this.#streams.count(now) },
    ];
  }

  async askLeases(ask: LeaseAsk): Promise<LeaseAnswer> {
    return this.#exchange.leases.ask(ask);
  }

  async putBudgets(budgets: SharedBudget[]): Promise<void> {
    this.#settings.putBudgets(budgets);
    this.#exchange.leases.ceilingsChanged();
  }

  async growShards(count: number): Promise<Result<ShardMap>> {
    const { shards = FIRST_SHARD_MAP } = this.#settings.all;
    if (count <= shards.count || count > MOST_SHARDS)
      return failure("VALIDATION", `Shards only grow: from ${shards.count} to ${MOST_SHARDS} at most.`);
    const grown = growShards(shards, count, Date.now());
    this.#settings.putShards(grown);
    return success(grown);
  }

  async budgets(): Promise<BudgetList> {
    return this.#settings.budgets;
  }

  async accountsUsed(accounts: string[]): Promise<number[]> {
    return Promise.all(accounts.map((account) => this.#exchange.leases.used(account)));
  }

  async leaseStream(lease: StreamLease): Promise<Result<null>> {
    return this.#streams.lease(lease, this.#settings.limits, Date.now());
  }

  async returnStream(streamId: string): Promise<void> {
    this.#streams.giveBack(streamId);
  }

  override async alarm(): Promise<void> {
    this.#exchange.onAlarm();
  }
}

function later(ms: number, task: () => void): () => void {
  const timer = setTimeout(task, ms);
  return () => clearTimeout(timer);
}

function textOrNull(value: SqlValue | undefined): string | null {
  return value === undefined || value === null ? null : String(value);
}
