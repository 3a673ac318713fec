import type { CachedOutput, CacheMaker } from "../../contracts/cached-output.ts";
import { DurableObject } from "cloudflare:workers";
import { failure, type Result, success } from "../../contracts/errors.ts";
import { FIRST_SHARD_MAP, MOST_SHARDS, type ShardMap } from "../../contracts/shard-map.ts";
import { shardCapacity } from "../../contracts/shard-load.ts";
import { deploymentLimits, type LimitOverrides } from "../../contracts/limits.ts";
import type { TakenOnce } from "../../contracts/connect-link.ts";
import type { ConnectionCopiesRpc, ConnectionWrite } from "../../contracts/connection-copies-rpc.ts";
import { ownerOfObject } from "../../contracts/placement.ts";
import type { BudgetList, LeaseAnswer, LeaseAsk } from "../../contracts/lease.ts";
import { periodEnd, periodName } from "../../contracts/period.ts";
import type { SharedBudget } from "../../contracts/shared-budget.ts";
import type { LimitUse, StreamLease, TenantSettings, TokenGrant, TokenWish } from "../../contracts/quota-rpc.ts";
import { CONNECTION_EVENT, connectionKeys } from "../../engine/run/connection-waits.ts";
import type {
  ConnectionQuery,
  ConnectionState,
  KeyedEvent,
  KeyedWait,
  KeyRecord,
  SealedConnection,
  SlotAnswer,
  SlotRequest,
  TenantRpc,
} from "../../contracts/rpc.ts";
import type {
  SettingKind,
  SettingReader,
  SettingScope,
  SettingState,
  SettingUse,
} from "../../contracts/setting-scope.ts";
import type { Json } from "../../engine/json.ts";
import { ConnectionTable } from "./connection-table.ts";
import { Copies } from "./copies.ts";
import { Exchange } from "./exchange.ts";
import type { CellLink } from "./exchange-ports.ts";
import { SettingTable } from "./setting-table.ts";
import { RateBuckets } from "./rate-buckets.ts";
import { StreamLeases } from "./stream-leases.ts";
import type { StoredSettings } from "./tenant-settings.ts";
import { TenantSql } from "./tenant-sql.ts";

/** The bindings a tenant object needs; the platform Worker's configuration gives them. */
export interface TenantEnv {
  COORDINATOR: { getByName(name: string): CellLink };
  /** JSON: limits of this deployment that differ from `contracts/limits.ts`. */
  DEFAULT_LIMITS?: string;
  /** JSON: what differs from the capacity in `contracts/shard-load.ts`. */
  SHARD_CAPACITY?: string;
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
  readonly #connections: ConnectionTable;
  readonly #copies: Copies;
  readonly #values: SettingTable;

  constructor(ctx: DurableObjectState, env: TenantEnv) {
    super(ctx, env);
    this.#sql = new TenantSql(ctx.storage);
    this.#streams = new StreamLeases(this.#sql);
    this.#connections = new ConnectionTable(this.#sql, Date.now);
    this.#copies = new Copies(this.#connections, {
      now: Date.now,
      wait: (ms) => scheduler.wait(ms),
      owner: ownerOfObject(ctx.id.name ?? ""),
      rows: { settle: (owner, writes) => rowsOf(ctx).settle(owner, writes) },
    });
    this.#values = new SettingTable(this.#sql, Date.now);
    this.#exchange = new Exchange(this.#sql, {
      now: Date.now,
      cell: (name) => env.COORDINATOR.getByName(name),
      later,
      defaultLimits: deploymentLimits(env.DEFAULT_LIMITS),
      shardCapacity: shardCapacity(env.SHARD_CAPACITY),
      grown: (from, to) =>
        console.error(
          JSON.stringify({ level: "info", message: "shards grew with the load", tenant: ctx.id.name, from, to }),
        ),
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
    const isNewest = this.#connections.put(connection);
    // One of another type has its values from the beginning.
    if (isNewest && connection.type !== "OAUTH2") await this.putConnectionState(connection.id, { status: "connected" });
  }

  async beginConnectionWrite(write: ConnectionWrite): Promise<void> {
    this.#connections.beginWrite(write);
  }

  async endConnectionWrite(id: string, at: number): Promise<void> {
    this.#connections.endWrite(id, at);
  }

  async deleteConnection(id: string): Promise<SealedConnection | null> {
    const copy = this.#connections.get(id) ?? null;
    this.#connections.delete(id);
    return copy;
  }

  async findConnection(query: ConnectionQuery): Promise<SealedConnection | "unsettled" | null> {
    const found = await this.#copies.find(query);
    if (found !== null && found !== "unsettled") this.#connections.used(found.id);
    return found;
  }

  async connectionNames(connector: string): Promise<string[]> {
    return this.#connections.names(connector);
  }

  async connectionStates(ids: string[]): Promise<Record<string, ConnectionState>> {
    return this.#connections.states(ids);
  }

  async putConnectionState(
    id: string,
    state: { status: ConnectionState["status"]; reason?: string },
    link?: TakenOnce,
  ): Promise<void> {
    this.#connections.putState(id, state);
    if (link) this.#connections.keepTaken(link.nonce, link.expiresAt);
    const connection = this.#connections.get(id);
    if (state.status !== "connected" || connection === undefined) return;
    const { connector, name, endUser } = connection;
    for (const key of connectionKeys({ connector, id, name, endUser }))
      await this.#exchange.events.publish({
        id: `evt_${crypto.randomUUID()}`,
        name: CONNECTION_EVENT,
        key,
        payload: null,
        expiresAt: Date.now() + CONNECTED_MS,
      });
  }

  async takeOnce(nonce: string, expiresAt: number): Promise<boolean> {
    return this.#connections.takeOnce(nonce, expiresAt);
  }

  async giveBack(nonce: string, expiresAt: number): Promise<void> {
    this.#connections.giveBack(nonce, expiresAt);
  }

  async isTaken(nonce: string): Promise<boolean> {
    return this.#connections.isTaken(nonce);
  }

  async putSecret(name: string, sealed: string, scope: SettingScope | null, changedAt: number): Promise<void> {
    this.#values.putSecret(name, sealed, scope, changedAt);
  }

  async deleteSetting(kind: SettingKind, name: string, changedAt: number): Promise<void> {
    this.#values.delete(kind, name, changedAt);
  }

  async secrets(names: string[], reader: SettingReader): Promise<Record<string, string | null>> {
    return this.#values.secrets(names, reader);
  }

  async putEnv(name: string, value: Json, scope: SettingScope | null, changedAt: number): Promise<void> {
    this.#values.putEnv(name, value, scope, changedAt);
  }

  async envValues(names: string[], reader: SettingReader): Promise<Record<string, Json>> {
    return this.#values.env(names, reader);
  }

  async settingState(kind: SettingKind, name: string): Promise<SettingState> {
    return this.#values.state(kind, name);
  }

  async settingUses(limit: number): Promise<SettingUse[]> {
    return this.#values.uses(limit);
  }

  async forgetSettingUses(upTo: number): Promise<void> {
    this.#values.forgetUses(upTo);
  }

  async putCodeModules(digest: string, modules: Record<string, string>): Promise<void> {
    this.#sql.write("INSERT OR IGNORE INTO code_modules VALUES (?, ?)", digest, JSON.stringify(modules));
  }

  async codeModules(digest: string): Promise<Record<string, string> | null> {
    const row = this.#sql.read("SELECT modules FROM code_modules WHERE digest = ?", digest)[0];
    return row === undefined ? null : (JSON.parse(String(row.modules)) as Record<string, string>);
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
    const event = this.#exchange.events.await(wait);
    if (event !== null || wait.name !== CONNECTION_EVENT || !this.#connections.isThere(wait)) return event;
    // It was made while nobody could hear of it, and what was kept of that is over.
    const { name, key } = wait;
    return { id: `evt_${crypto.randomUUID()}`, name, key, payload: null, expiresAt: Date.now() + CONNECTED_MS };
  }

  async forgetWait(executionId: string, path: string): Promise<void> {
    this.#exchange.events.forget(executionId, path);
  }

  async cached(key: string, by?: string): Promise<CachedOutput | null> {
    return this.#exchange.cache.get(key, by);
  }

  async putCached(key: string, output: Json, expiresAt: number, made?: CacheMaker): Promise<void> {
    this.#exchange.cache.put(key, output, expiresAt, made);
  }

  async forgetCached(keys: string[]): Promise<number> {
    return this.#exchange.cache.forget(keys);
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
    const [concurrent = 0, queued = 0, executions = 0, steps = 0, stored = 0] = await this.accountsUsed([
      "concurrent_executions",
      "queued_executions",
      `executions_per_month@${month}`,
      `steps_per_month@${month}`,
      "stored_bytes",
    ]);
    return [
      { name: "concurrent_executions", used: concurrent },
      { name: "queued_executions", used: queued },
      { name: "executions_per_month", used: executions, resetsAt },
      { name: "steps_per_month", used: steps, resetsAt },
      { name: "stored_bytes", used: stored },
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
    return success(this.#exchange.shards.growTo(count));
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

/** The entrypoint of this object's own Worker that reads rows of connections, as the runtime offers what `main.ts` exports. */
function rowsOf(ctx: DurableObjectState): ConnectionCopiesRpc {
  const { exports } = ctx as unknown as { exports: { ConnectionCopies: ConnectionCopiesRpc } };
  return exports.ConnectionCopies;
}

/** A call that failed for want of it just before may only now come to wait. */
const CONNECTED_MS = 60_000;

function later(ms: number, task: () => void): () => void {
  const timer = setTimeout(task, ms);
  return () => clearTimeout(timer);
}
