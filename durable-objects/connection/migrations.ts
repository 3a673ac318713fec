import type { SqliteMigration } from "../sqlite-migrations.ts";

export const CONNECTION_MIGRATIONS: readonly SqliteMigration[] = [
  {
    id: 1,
    sql: `
      CREATE TABLE connection (
        one INTEGER PRIMARY KEY CHECK (one = 1), status TEXT NOT NULL, reason TEXT, token TEXT, last_version INTEGER NOT NULL,
        lease TEXT, lease_until INTEGER
      );
      CREATE TABLE pending (nonce TEXT PRIMARY KEY, sealed TEXT NOT NULL, expires_at INTEGER NOT NULL) WITHOUT ROWID;
    `,
  },
  {
    // Up to which version tokens belong to what the connection was before it was changed.
    id: 2,
    sql: "ALTER TABLE connection ADD COLUMN forgotten INTEGER NOT NULL DEFAULT 0;",
  },
];
