import type {
  SettingKind,
  SettingReader,
  SettingScope,
  SettingState,
  SettingUse,
} from "../../contracts/setting-scope.ts";
import { isInScope, withoutVersion } from "../../contracts/setting-scope.ts";
import type { Json } from "../../engine/json.ts";
import type { Row, TenantSql } from "./tenant-sql.ts";

/** A use is written down once in so long for each reader; in between it costs a look into the memory. */
const USE_MS = 60_000;
const HOUR_MS = 3_600_000;
const MOST_NOTED = 5_000;

const PLACES: Record<SettingKind, { table: string; column: string }> = {
  secret: { table: "secrets", column: "sealed" },
  env: { table: "env", column: "value" },
};

/** Copies of the tenant's secrets and env values, who may read them, and who did. */
export class SettingTable {
  readonly #sql: TenantSql;
  readonly #now: () => number;
  readonly #noted = new Map<string, number>();

  constructor(sql: TenantSql, now: () => number) {
    this.#sql = sql;
    this.#now = now;
  }

  /** Of two that were written at once, the newer stays, in whichever order they come; `changedAt` is that of the row in Postgres. */
  putSecret(name: string, sealed: string, scope: SettingScope | null, changedAt: number): void {
    this.#put("secret", name, sealed, scope, changedAt);
  }

  putEnv(name: string, value: Json, scope: SettingScope | null, changedAt: number): void {
    this.#put("env", name, JSON.stringify(value), scope, changedAt);
  }

  #put(kind: SettingKind, name: string, value: string, scope: SettingScope | null, changedAt: number): void {
    const [gone] = this.#sql.read("SELECT changed_at FROM settings_gone WHERE kind = ? AND name = ?", kind, name);
    if (gone !== undefined && changedAt <= Number(gone.changed_at)) return;
    const { table, column } = PLACES[kind];
    this.#sql.write(
      `INSERT INTO ${table} (name, ${column}, scope, changed_at) VALUES (?, ?, ?, ?)
       ON CONFLICT (name) DO UPDATE SET ${column} = excluded.${column}, scope = excluded.scope, changed_at = excluded.changed_at
       WHERE changed_at <= excluded.changed_at`,
      name,
      value,
      textOf(scope),
      changedAt,
    );
  }

  /** The row that was written at `changedAt` is deleted: a copy of it that comes later is none. One written since stays. */
  delete(kind: SettingKind, name: string, changedAt: number): void {
    this.#sql.write(
      `INSERT INTO settings_gone VALUES (?, ?, ?)
       ON CONFLICT (kind, name) DO UPDATE SET changed_at = max(changed_at, excluded.changed_at)`,
      kind,
      name,
      changedAt,
    );
    const { table } = PLACES[kind];
    this.#sql.change(`DELETE FROM ${table} WHERE name = ? AND changed_at <= ?`, name, changedAt);
    if (this.#copyOf(kind, name) === undefined)
      this.#sql.change("DELETE FROM settings_used WHERE kind = ? AND name = ?", kind, name);
  }

  #copyOf(kind: SettingKind, name: string): number | undefined {
    const [row] = this.#sql.read(`SELECT changed_at FROM ${PLACES[kind].table} WHERE name = ?`, name);
    return row && Number(row.changed_at);
  }

  /** Sealed; null for what is not set or is not for this reader. */
  secrets(names: string[], reader: SettingReader): Record<string, string | null> {
    return Object.fromEntries(
      names.map((name) => {
        const [row] = this.#sql.read("SELECT sealed, scope FROM secrets WHERE name = ?", name);
        if (row === undefined || !isInScope(scopeOf(row), reader)) return [name, null];
        this.#use("secret", name, reader);
        return [name, String(row.sealed)];
      }),
    );
  }

  /** Those that are set and are for this reader; `*` among the names asks for all. */
  env(names: string[], reader: SettingReader): Record<string, Json> {
    const rows = names.includes("*")
      ? this.#sql.read("SELECT name, value, scope FROM env")
      : names.flatMap((name) => this.#sql.read("SELECT name, value, scope FROM env WHERE name = ?", name));
    const found: Record<string, Json> = {};
    for (const row of rows) {
      if (!isInScope(scopeOf(row), reader)) continue;
      const name = String(row.name);
      this.#use("env", name, reader);
      found[name] = JSON.parse(String(row.value)) as Json;
    }
    return found;
  }

  state(kind: SettingKind, name: string): SettingState {
    const [used] = this.#sql.read("SELECT last_at FROM settings_used WHERE kind = ? AND name = ?", kind, name);
    const copyOf = this.#copyOf(kind, name);
    return {
      ...(used === undefined ? {} : { lastUsedAt: Number(used.last_at) }),
      ...(copyOf === undefined ? {} : { copyOf }),
    };
  }

  /** Uses that are not in the audit yet. */
  uses(limit: number): SettingUse[] {
    return this.#sql.read("SELECT * FROM setting_uses ORDER BY seq LIMIT ?", limit).map((row) => ({
      seq: Number(row.seq),
      kind: row.kind === "env" ? "env" : "secret",
      name: String(row.name),
      connector: String(row.connector),
      workflow: String(row.workflow),
      hour: Number(row.hour),
      at: Number(row.at),
    }));
  }

  /** They are in the audit. One that is used again in its hour comes once more, under the same name. */
  forgetUses(upTo: number): void {
    this.#sql.change("DELETE FROM setting_uses WHERE seq <= ?", upTo);
  }

  #use(kind: SettingKind, name: string, { connector = "", workflow = "" }: SettingReader): void {
    const now = this.#now();
    const who = [withoutVersion(connector), withoutVersion(workflow)] as const;
    const key = JSON.stringify([kind, name, ...who]);
    if (now - (this.#noted.get(key) ?? Number.NEGATIVE_INFINITY) < USE_MS) return;
    if (this.#noted.size >= MOST_NOTED) this.#noted.clear();
    this.#noted.set(key, now);
    this.#sql.write(
      `INSERT OR IGNORE INTO setting_uses (kind, name, connector, workflow, hour, at) VALUES (?, ?, ?, ?, ?, ?)`,
      kind,
      name,
      ...who,
      Math.floor(now / HOUR_MS),
      now,
    );
    this.#sql.write(
      `INSERT INTO settings_used VALUES (?, ?, ?)
       ON CONFLICT (kind, name) DO UPDATE SET last_at = excluded.last_at WHERE last_at < excluded.last_at`,
      kind,
      name,
      now,
    );
  }
}

function textOf(scope: SettingScope | null): string | null {
  return scope === null ? null : JSON.stringify(scope);
}

/** JSON that this class wrote. */
function scopeOf({ scope }: Row): SettingScope | null {
  return scope === null || scope === undefined ? null : (JSON.parse(String(scope)) as SettingScope);
}
