import type { SqliteMigration } from "../sqlite-migrations.ts";

/** The cell's storage. Rows are clustered by execution, so a fold reads one range. */
export const CELL_MIGRATIONS: readonly SqliteMigration[] = [
  {
    id: 1,
    sql: `
      CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
      CREATE TABLE plans (digest TEXT PRIMARY KEY, source TEXT NOT NULL) WITHOUT ROWID;
      CREATE TABLE executions (
        id TEXT PRIMARY KEY,
        plan TEXT NOT NULL,
        head TEXT NOT NULL,
        status TEXT NOT NULL,
        created_at INTEGER NOT NULL,
        finished_at INTEGER,
        change INTEGER NOT NULL,
        projection TEXT NOT NULL
      ) WITHOUT ROWID;
      CREATE INDEX executions_by_change ON executions (change);
      CREATE INDEX executions_unfinished ON executions (created_at) WHERE finished_at IS NULL;
      CREATE TABLE log (
        execution TEXT NOT NULL,
        seq INTEGER NOT NULL,
        at INTEGER NOT NULL,
        events TEXT NOT NULL,
        PRIMARY KEY (execution, seq)
      ) WITHOUT ROWID;
      CREATE TABLE idempotency (
        key TEXT PRIMARY KEY,
        body_hash TEXT NOT NULL,
        execution TEXT NOT NULL,
        expires_at INTEGER NOT NULL
      ) WITHOUT ROWID;
      CREATE INDEX idempotency_by_expiry ON idempotency (expires_at);
    `,
  },
  {
    // An execution that only waits leaves the object's memory: `due` is when its next timer is, null for never.
    id: 2,
    sql: `
      ALTER TABLE executions ADD COLUMN asleep INTEGER NOT NULL DEFAULT 0;
      ALTER TABLE executions ADD COLUMN due INTEGER;
      ALTER TABLE executions ADD COLUMN parent TEXT;
      DROP INDEX executions_unfinished;
      CREATE INDEX executions_awake ON executions (created_at) WHERE finished_at IS NULL AND asleep = 0;
      CREATE INDEX executions_due ON executions (due) WHERE due IS NOT NULL;
      CREATE INDEX executions_by_parent ON executions (parent) WHERE parent IS NOT NULL;
    `,
  },
  {
    // Of the executions that others started, only the unfinished are ever looked for.
    id: 3,
    sql: `
      DROP INDEX executions_by_parent;
      CREATE INDEX executions_by_parent ON executions (parent) WHERE parent IS NOT NULL AND finished_at IS NULL;
    `,
  },
  {
    // How far the tenant's feed has an execution's log; written for unfinished executions that it wants.
    id: 4,
    sql: "ALTER TABLE executions ADD COLUMN fed INTEGER NOT NULL DEFAULT 0;",
  },
  {
    // Row of the log up to which the sink has an execution's usage, where that is more than its place in the outbox says.
    id: 5,
    sql: "ALTER TABLE executions ADD COLUMN metered INTEGER NOT NULL DEFAULT 0;",
  },
  {
    // What limits and budgets of the tenant hold back; and what ran before they were counted is counted.
    id: 6,
    sql: `
      CREATE TABLE start_queue (seq INTEGER PRIMARY KEY, execution TEXT NOT NULL UNIQUE, workflow TEXT NOT NULL, priority REAL NOT NULL);
      CREATE TABLE held_by_budget (execution TEXT PRIMARY KEY) WITHOUT ROWID;
      INSERT OR IGNORE INTO facts SELECT 'allowances', json_object('seq', 0, 'accounts', json_object('concurrent_executions', json_array(n, n, 0)))
        FROM (SELECT count(*) AS n FROM executions WHERE finished_at IS NULL AND parent IS NULL AND status <> 'pending') WHERE n > 0;
    `,
  },
];
