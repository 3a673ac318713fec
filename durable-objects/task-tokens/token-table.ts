import type { ObjectSql } from "../object-sql.ts";
import type { SqliteMigration } from "../sqlite-migrations.ts";

export const TASK_TOKEN_MIGRATIONS: readonly SqliteMigration[] = [
  {
    id: 1,
    sql: `
      CREATE TABLE tokens (hash TEXT PRIMARY KEY, owner TEXT NOT NULL, token TEXT NOT NULL, expires_at INTEGER NOT NULL) WITHOUT ROWID;
      CREATE INDEX tokens_expire ON tokens (expires_at);
    `,
  },
];

/** Hashes of services' own task tokens, and which of ours each stands for. */
export class TokenTable {
  readonly #sql: ObjectSql;

  constructor(sql: ObjectSql) {
    this.#sql = sql;
  }

  /** False: it is somebody else's. */
  claim(hash: string, owner: string, token: string, expiresAt: number, now: number): boolean {
    const known = this.#sql.read("SELECT owner, expires_at FROM tokens WHERE hash = ?", hash)[0];
    if (known && known.owner !== owner && Number(known.expires_at) > now) return false;
    this.#sql.write("INSERT OR REPLACE INTO tokens VALUES (?, ?, ?, ?)", hash, owner, token, expiresAt);
    return true;
  }

  find(hash: string): string | null {
    const row = this.#sql.read("SELECT token FROM tokens WHERE hash = ?", hash)[0];
    return row ? String(row.token) : null;
  }

  /** Answers when the next one expires; null when none is left. */
  forgetExpired(now: number): number | null {
    this.#sql.change("DELETE FROM tokens WHERE expires_at <= ?", now);
    const next = this.#sql.read("SELECT min(expires_at) AS next FROM tokens")[0]?.next;
    return typeof next === "number" ? next : null;
  }
}
