import { DurableObject } from "cloudflare:workers";
import type { KeyRecord, SealedConnection, TenantRpc } from "../../contracts/rpc.ts";
import type { Json } from "../../engine/json.ts";
import { isMigrated, migrate, type SqlValue } from "../sqlite-migrations.ts";
import { TENANT_MIGRATIONS } from "./migrations.ts";

/**
 * The tenant object: what crosses the cells of one tenant and environment, kept where it can be asked while Postgres is
 * down. Postgres stays the source; these are copies that the services write beside it.
 */
export class Tenant extends DurableObject<Record<string, never>> implements TenantRpc {
  #ready: boolean;

  constructor(ctx: DurableObjectState, env: Record<string, never>) {
    super(ctx, env);
    this.#ready = isMigrated(ctx.storage.sql);
    if (this.#ready) migrate(ctx.storage.sql, TENANT_MIGRATIONS);
  }

  async verifyKey(hash: string): Promise<KeyRecord | null> {
    const row = this.#read(
      "SELECT record, (SELECT at FROM revoked WHERE revoked.id = keys.id) AS revoked_at FROM keys WHERE hash = ?",
      hash,
    )[0];
    if (!row) return null;
    const record = JSON.parse(String(row.record)) as KeyRecord;
    return row.revoked_at === null ? record : { ...record, revokedAt: Number(row.revoked_at) };
  }

  async putKey(hash: string, key: KeyRecord): Promise<void> {
    this.#write("INSERT OR REPLACE INTO keys VALUES (?, ?, ?)", hash, key.id, JSON.stringify(key));
  }

  /** Kept apart from the key's copy: a copy that arrives late cannot undo it. */
  async revokeKey(keyId: string, at: number): Promise<void> {
    this.#write("INSERT OR IGNORE INTO revoked VALUES (?, ?)", keyId, at);
  }

  async putConnection(connection: SealedConnection): Promise<void> {
    const { id, connector, name } = connection;
    this.#write(
      "INSERT OR REPLACE INTO connections VALUES (?, ?, ?, ?)",
      id,
      connector,
      name,
      JSON.stringify(connection),
    );
  }

  async deleteConnection(id: string): Promise<void> {
    this.#write("DELETE FROM connections WHERE id = ?", id);
  }

  async findConnection({ connector, ref }: { connector: string; ref?: string }): Promise<SealedConnection | null> {
    const rows =
      ref === undefined
        ? this.#read("SELECT name, record FROM connections WHERE connector = ?", connector)
        : this.#read(
            "SELECT name, record FROM connections WHERE connector = ? AND (id = ? OR name = ?)",
            connector,
            ref,
            ref,
          );
    const row = rows.length === 1 ? rows[0] : rows.find(({ name }) => name === "default");
    return row ? (JSON.parse(String(row.record)) as SealedConnection) : null;
  }

  async putSecret(name: string, sealed: string): Promise<void> {
    this.#write("INSERT OR REPLACE INTO secrets VALUES (?, ?)", name, sealed);
  }

  async deleteSecret(name: string): Promise<void> {
    this.#write("DELETE FROM secrets WHERE name = ?", name);
  }

  async secrets(names: string[]): Promise<Record<string, string | null>> {
    const find = (name: string): SqlValue | undefined =>
      this.#read("SELECT sealed FROM secrets WHERE name = ?", name)[0]?.sealed;
    return Object.fromEntries(names.map((name) => [name, textOrNull(find(name))]));
  }

  async putEnv(name: string, value: Json): Promise<void> {
    this.#write("INSERT OR REPLACE INTO env VALUES (?, ?)", name, JSON.stringify(value));
  }

  async deleteEnv(name: string): Promise<void> {
    this.#write("DELETE FROM env WHERE name = ?", name);
  }

  async envValues(names: string[]): Promise<Record<string, Json>> {
    const rows = names.includes("*")
      ? this.#read("SELECT name, value FROM env")
      : names.flatMap((name) => this.#read("SELECT name, value FROM env WHERE name = ?", name));
    return Object.fromEntries(rows.map(({ name, value }) => [String(name), JSON.parse(String(value)) as Json]));
  }

  async registerCell(name: string): Promise<void> {
    this.#write("INSERT OR IGNORE INTO cells VALUES (?)", name);
  }

  async cells(): Promise<string[]> {
    return this.#read("SELECT name FROM cells").map(({ name }) => String(name));
  }

  #read(query: string, ...bindings: SqlValue[]): Record<string, SqlValue>[] {
    return this.#ready ? this.ctx.storage.sql.exec(query, ...bindings).toArray() : [];
  }

  #write(query: string, ...bindings: SqlValue[]): void {
    if (!this.#ready) migrate(this.ctx.storage.sql, TENANT_MIGRATIONS);
    this.#ready = true;
    this.ctx.storage.sql.exec(query, ...bindings);
  }
}

function textOrNull(value: SqlValue | undefined): string | null {
  return value === undefined || value === null ? null : String(value);
}
