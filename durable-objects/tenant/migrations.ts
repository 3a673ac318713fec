import type { SqliteMigration } from "../sqlite-migrations.ts";

export const TENANT_MIGRATIONS: readonly SqliteMigration[] = [
  {
    id: 1,
    sql: `
      CREATE TABLE keys (hash TEXT PRIMARY KEY, id TEXT NOT NULL UNIQUE, record TEXT NOT NULL) WITHOUT ROWID;
      CREATE TABLE revoked (id TEXT PRIMARY KEY, at INTEGER NOT NULL) WITHOUT ROWID;
      CREATE TABLE connections (id TEXT PRIMARY KEY, connector TEXT NOT NULL, name TEXT NOT NULL, record TEXT NOT NULL) WITHOUT ROWID;
      CREATE INDEX connections_by_connector ON connections (connector);
      CREATE TABLE secrets (name TEXT PRIMARY KEY, sealed TEXT NOT NULL) WITHOUT ROWID;
      CREATE TABLE env (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
      CREATE TABLE cells (name TEXT PRIMARY KEY) WITHOUT ROWID;
    `,
  },
];
