import type { SqliteMigration } from "../sqlite-migrations.ts";

export const SERVICES_MIGRATIONS: readonly SqliteMigration[] = [
  {
    id: 1,
    sql: `
      CREATE TABLE instances (
        connector TEXT NOT NULL, id TEXT NOT NULL, record TEXT NOT NULL, health TEXT NOT NULL, out INTEGER NOT NULL,
        failures INTEGER NOT NULL, failing_since INTEGER, checked_at INTEGER, due INTEGER NOT NULL, PRIMARY KEY (connector, id)
      ) WITHOUT ROWID;
      CREATE INDEX instances_due ON instances (due);
      CREATE TABLE signing_secrets (
        connector TEXT PRIMARY KEY, place TEXT NOT NULL, sealed TEXT NOT NULL, old TEXT, old_until INTEGER
      ) WITHOUT ROWID;
    `,
  },
  {
    id: 2,
    sql: `
      CREATE TABLE pending_leases (id TEXT PRIMARY KEY, place TEXT NOT NULL, until INTEGER NOT NULL) WITHOUT ROWID;
      CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
    `,
  },
];
