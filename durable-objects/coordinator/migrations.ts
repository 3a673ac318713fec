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
  {
    // What has left for the archive (docs/design/archive.md): guests that came back to be read, plans that nobody may need any more, and purges.
    id: 7,
    sql: `
      CREATE TABLE returned (execution TEXT PRIMARY KEY, change INTEGER NOT NULL, at INTEGER NOT NULL) WITHOUT ROWID;
      CREATE INDEX returned_by_time ON returned (at);
      CREATE TABLE left_plans (digest TEXT PRIMARY KEY) WITHOUT ROWID;
      CREATE TABLE purges (
        execution TEXT PRIMARY KEY, root TEXT NOT NULL, actor TEXT NOT NULL, cached TEXT NOT NULL, at INTEGER NOT NULL, due INTEGER
      ) WITHOUT ROWID;
      CREATE INDEX purges_by_root ON purges (root);
      CREATE INDEX purges_due ON purges (due) WHERE due IS NOT NULL;
      CREATE INDEX purges_by_time ON purges (at);
    `,
  },
  {
    // Hashes of the chain over logs, where somebody has asked for them: a log has to lead to them ever after.
    id: 8,
    sql: `
      CREATE TABLE links (execution TEXT NOT NULL, seq INTEGER NOT NULL, hash TEXT NOT NULL, PRIMARY KEY (execution, seq)) WITHOUT ROWID;
    `,
  },
  {
    // Outputs over the inline limit: which ones an execution has, and their texts while it runs or is read (docs/design/archive.md).
    id: 9,
    sql: `
      CREATE TABLE large_outputs (
        execution TEXT NOT NULL, sha256 TEXT NOT NULL, bytes INTEGER NOT NULL, kept INTEGER NOT NULL, PRIMARY KEY (execution, sha256)
      ) WITHOUT ROWID;
      CREATE TABLE large_parts (
        execution TEXT NOT NULL, sha256 TEXT NOT NULL, part INTEGER NOT NULL, json TEXT NOT NULL, PRIMARY KEY (execution, sha256, part)
      ) WITHOUT ROWID;
      ALTER TABLE returned ADD COLUMN whole INTEGER NOT NULL DEFAULT 1;
    `,
  },
  {
    // What was put back of a guest: they have a limit together.
    id: 10,
    sql: "ALTER TABLE returned ADD COLUMN bytes INTEGER NOT NULL DEFAULT 0;",
  },
  {
    // What services were given that finish their attempts later, sealed: by it their results are masked. Gone with the attempt.
    id: 11,
    sql: `
      CREATE TABLE task_revealed (
        execution TEXT NOT NULL, path TEXT NOT NULL, attempt INTEGER NOT NULL, sealed TEXT NOT NULL, PRIMARY KEY (execution, path)
      );
    `,
  },
  {
    // From here on logs may hold `act.noted`: code that does not know it opens no cell that has this.
    id: 12,
    sql: "SELECT 1;",
  },
  {
    // What a purge has removed: rows of this object, and objects of the object storage.
    id: 13,
    sql: `
      ALTER TABLE purges ADD COLUMN rows INTEGER NOT NULL DEFAULT 0;
      ALTER TABLE purges ADD COLUMN objects INTEGER;
    `,
  },
];
