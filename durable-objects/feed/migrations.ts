import type { SqliteMigration } from "../sqlite-migrations.ts";

/** docs/design/feed.md says what each table is for. */
export const FEED_MIGRATIONS: readonly SqliteMigration[] = [
  {
    id: 1,
    sql: `
      CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
      CREATE TABLE endpoints (
        id TEXT PRIMARY KEY, url TEXT NOT NULL, description TEXT NOT NULL, event_types TEXT NOT NULL, ordered INTEGER NOT NULL,
        enabled INTEGER NOT NULL, disabled_reason TEXT, failing_since INTEGER, secrets TEXT NOT NULL,
        created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL
      ) WITHOUT ROWID;

      CREATE TABLE messages (
        seq INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, webhook_id TEXT NOT NULL, execution TEXT, event INTEGER,
        type TEXT NOT NULL, bytes INTEGER NOT NULL, body TEXT NOT NULL
      );
      CREATE UNIQUE INDEX messages_once ON messages (execution, event, kind) WHERE execution IS NOT NULL;
      CREATE TABLE deliveries (
        seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, message INTEGER NOT NULL, target TEXT NOT NULL,
        endpoint TEXT, url TEXT, execution TEXT, type TEXT NOT NULL, state TEXT NOT NULL, reason TEXT, tries INTEGER NOT NULL,
        attempts INTEGER NOT NULL, most INTEGER NOT NULL, due INTEGER, created_at INTEGER NOT NULL, finished_at INTEGER
      );
      CREATE INDEX deliveries_due ON deliveries (target, due) WHERE due IS NOT NULL;
      CREATE INDEX deliveries_open ON deliveries (target, execution, seq) WHERE finished_at IS NULL;
      CREATE INDEX deliveries_finished ON deliveries (finished_at) WHERE finished_at IS NOT NULL;
      CREATE INDEX deliveries_by_endpoint ON deliveries (endpoint, seq);
      CREATE INDEX deliveries_by_execution ON deliveries (execution, seq);
      CREATE INDEX deliveries_by_message ON deliveries (message);
      CREATE TABLE attempts (
        delivery INTEGER NOT NULL, number INTEGER NOT NULL, record TEXT NOT NULL, PRIMARY KEY (delivery, number)
      ) WITHOUT ROWID;

      CREATE TABLE log (
        seq INTEGER PRIMARY KEY AUTOINCREMENT, execution TEXT NOT NULL, event INTEGER NOT NULL, type TEXT NOT NULL,
        workflow TEXT NOT NULL, at INTEGER NOT NULL, bytes INTEGER NOT NULL, body TEXT NOT NULL, UNIQUE (execution, event)
      );
      CREATE TABLE told (cell TEXT PRIMARY KEY, version INTEGER NOT NULL) WITHOUT ROWID;
      CREATE TABLE notices (
        seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL, actor TEXT NOT NULL, action TEXT NOT NULL, subject TEXT NOT NULL,
        at INTEGER NOT NULL
      );
    `,
  },
  {
    // What its attempts hold: the object's size is bounded by the sum.
    id: 2,
    sql: "ALTER TABLE deliveries ADD COLUMN bytes INTEGER NOT NULL DEFAULT 0",
  },
  {
    // By type, since when an endpoint is for it; what is not in it, since the endpoint was made.
    id: 3,
    sql: "ALTER TABLE endpoints ADD COLUMN since TEXT NOT NULL DEFAULT '{}'",
  },
  {
    // The last attempt that failed. NULL: not known, or none since a success.
    id: 4,
    sql: "ALTER TABLE endpoints ADD COLUMN failed_at INTEGER",
  },
];
