import type { SqliteMigration } from "../sqlite-migrations.ts";

export const CAMPAIGNS_MIGRATIONS: readonly SqliteMigration[] = [
  {
    id: 1,
    sql: `
      CREATE TABLE campaigns (
        id TEXT PRIMARY KEY, spec TEXT NOT NULL, body_hash TEXT NOT NULL, status TEXT NOT NULL, created_at INTEGER NOT NULL,
        finished_at INTEGER, total INTEGER NOT NULL, done INTEGER NOT NULL DEFAULT 0, refused INTEGER NOT NULL DEFAULT 0,
        stepped_at INTEGER NOT NULL DEFAULT 0
      ) WITHOUT ROWID;
      CREATE TABLE items (
        campaign TEXT NOT NULL, position INTEGER NOT NULL, execution TEXT NOT NULL, state TEXT NOT NULL DEFAULT 'pending',
        due INTEGER NOT NULL DEFAULT 0, tries INTEGER NOT NULL DEFAULT 0, code TEXT, message TEXT, at INTEGER,
        PRIMARY KEY (campaign, position)
      ) WITHOUT ROWID;
      CREATE INDEX items_pending ON items (campaign, due, position) WHERE state = 'pending';
    `,
  },
  {
    // By which keys it was paused, resumed and stopped: each counts once, also where it changed nothing.
    id: 2,
    sql: `
      CREATE TABLE steerings (campaign TEXT NOT NULL, key TEXT NOT NULL, how TEXT NOT NULL, PRIMARY KEY (campaign, key)) WITHOUT ROWID;
    `,
  },
];
