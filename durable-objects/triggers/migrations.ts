import type { SqliteMigration } from "../sqlite-migrations.ts";

/** What a triggers object stores: docs/design/triggers.md. */
export const TRIGGERS_MIGRATIONS: readonly SqliteMigration[] = [
  {
    id: 1,
    sql: `
      CREATE TABLE owner (one INTEGER PRIMARY KEY, tenant TEXT NOT NULL, environment TEXT NOT NULL);
      CREATE TABLE triggers (
        id TEXT PRIMARY KEY, revision INTEGER NOT NULL, record TEXT, active INTEGER NOT NULL, hook_path TEXT, topic TEXT,
        next_due INTEGER, last_due INTEGER NOT NULL, dropped INTEGER NOT NULL, gone_at INTEGER
      ) WITHOUT ROWID;
      CREATE INDEX triggers_due ON triggers (next_due) WHERE next_due IS NOT NULL;
      CREATE INDEX triggers_hook ON triggers (hook_path) WHERE hook_path IS NOT NULL;
      CREATE INDEX triggers_topic ON triggers (topic) WHERE topic IS NOT NULL;
      CREATE INDEX triggers_gone ON triggers (gone_at) WHERE gone_at IS NOT NULL;

      CREATE TABLE firings (
        seq INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL UNIQUE, trigger_id TEXT NOT NULL, due_at INTEGER NOT NULL,
        body TEXT NOT NULL, due INTEGER NOT NULL, tries INTEGER NOT NULL, claimed INTEGER NOT NULL, reached_at INTEGER
      );
      CREATE INDEX firings_due ON firings (due, seq);
      CREATE INDEX firings_by_trigger ON firings (trigger_id);
      CREATE INDEX firings_claimed ON firings (claimed) WHERE claimed = 1;

      CREATE TABLE runs (
        seq INTEGER PRIMARY KEY AUTOINCREMENT, trigger_id TEXT NOT NULL, run TEXT NOT NULL
      );
      CREATE INDEX runs_by_trigger ON runs (trigger_id, seq);

      CREATE TABLE taken (
        trigger_id TEXT NOT NULL, name TEXT NOT NULL, firing TEXT NOT NULL, execution TEXT, expires_at INTEGER NOT NULL,
        PRIMARY KEY (trigger_id, name)
      ) WITHOUT ROWID;
      CREATE INDEX taken_by_firing ON taken (firing);
      CREATE INDEX taken_expires ON taken (expires_at);

      CREATE TABLE buckets (trigger_id TEXT PRIMARY KEY, tokens REAL NOT NULL, at INTEGER NOT NULL) WITHOUT ROWID;
      CREATE TABLE paces (
        seq INTEGER PRIMARY KEY, trigger_id TEXT NOT NULL, kind TEXT NOT NULL, key TEXT NOT NULL, at INTEGER NOT NULL,
        expires_at INTEGER NOT NULL
      );
      CREATE INDEX paces_by_key ON paces (trigger_id, kind, key, at);
      CREATE INDEX paces_expires ON paces (expires_at);

      CREATE TABLE windows (
        trigger_id TEXT NOT NULL, key TEXT NOT NULL, opened_at INTEGER NOT NULL, due INTEGER NOT NULL, count INTEGER NOT NULL,
        bytes INTEGER NOT NULL, PRIMARY KEY (trigger_id, key)
      ) WITHOUT ROWID;
      CREATE INDEX windows_due ON windows (due);
      CREATE TABLE window_events (
        seq INTEGER PRIMARY KEY AUTOINCREMENT, trigger_id TEXT NOT NULL, key TEXT NOT NULL, event TEXT NOT NULL
      );
      CREATE INDEX window_events_by_key ON window_events (trigger_id, key, seq);
    `,
  },
];
