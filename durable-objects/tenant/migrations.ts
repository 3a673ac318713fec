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
  {
    // What passes between cells: docs/design/tenant-object.md.
    id: 2,
    sql: `
      CREATE TABLE slots (
        seq INTEGER PRIMARY KEY, execution TEXT NOT NULL UNIQUE, key TEXT NOT NULL, cell TEXT NOT NULL, state TEXT NOT NULL,
        front INTEGER NOT NULL, priority REAL NOT NULL, asked_at INTEGER NOT NULL, checked_at INTEGER NOT NULL,
        due INTEGER, tries INTEGER NOT NULL
      );
      CREATE INDEX slots_by_key ON slots (key, state, front DESC, priority DESC, seq);
      CREATE INDEX slots_due ON slots (due) WHERE due IS NOT NULL;
      CREATE TABLE slot_keys (key TEXT PRIMARY KEY, most INTEGER NOT NULL, verify_due INTEGER NOT NULL) WITHOUT ROWID;
      CREATE INDEX slot_keys_due ON slot_keys (verify_due);

      CREATE TABLE keyed_events (
        seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, name TEXT NOT NULL, key TEXT NOT NULL,
        body TEXT NOT NULL, bytes INTEGER NOT NULL, state TEXT NOT NULL, delivered INTEGER NOT NULL,
        expires_at INTEGER NOT NULL, due INTEGER NOT NULL
      );
      CREATE INDEX keyed_events_by_key ON keyed_events (name, key, state, seq);
      CREATE INDEX keyed_events_open ON keyed_events (bytes) WHERE state <> 'taken';
      CREATE INDEX keyed_events_due ON keyed_events (due);
      CREATE TABLE keyed_waits (
        execution TEXT NOT NULL, path TEXT NOT NULL, cell TEXT NOT NULL, name TEXT NOT NULL, key TEXT NOT NULL,
        event INTEGER, passed INTEGER NOT NULL, check_due INTEGER NOT NULL, PRIMARY KEY (execution, path)
      ) WITHOUT ROWID;
      CREATE INDEX keyed_waits_by_key ON keyed_waits (name, key, event);
      CREATE INDEX keyed_waits_by_event ON keyed_waits (event) WHERE event IS NOT NULL;
      CREATE INDEX keyed_waits_due ON keyed_waits (check_due);
      CREATE TABLE deliveries (
        event INTEGER NOT NULL, execution TEXT NOT NULL, path TEXT NOT NULL, cell TEXT NOT NULL, due INTEGER NOT NULL,
        tries INTEGER NOT NULL, PRIMARY KEY (event, execution, path)
      ) WITHOUT ROWID;
      CREATE INDEX deliveries_due ON deliveries (due);

      CREATE TABLE step_cache (
        seq INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, output TEXT NOT NULL, expires_at INTEGER NOT NULL
      );
      CREATE INDEX step_cache_expires ON step_cache (expires_at);
    `,
  },
  {
    // Limits: docs/design/limits.md.
    id: 3,
    sql: `
      CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
      CREATE TABLE stream_leases (id TEXT PRIMARY KEY, execution TEXT NOT NULL, expires_at INTEGER NOT NULL) WITHOUT ROWID;
      CREATE INDEX stream_leases_by_execution ON stream_leases (execution, expires_at);
      CREATE INDEX stream_leases_expire ON stream_leases (expires_at);
    `,
  },
  {
    // Leases of limits and budgets to cells.
    id: 4,
    sql: `
      CREATE TABLE leases (
        account TEXT NOT NULL, holder TEXT NOT NULL, used INTEGER NOT NULL, granted INTEGER NOT NULL, mark INTEGER NOT NULL,
        wanting INTEGER NOT NULL, due INTEGER, tries INTEGER NOT NULL, PRIMARY KEY (account, holder)
      ) WITHOUT ROWID;
      CREATE INDEX leases_by_holder ON leases (holder);
      CREATE INDEX leases_due ON leases (due) WHERE due IS NOT NULL;
      CREATE TABLE lease_holders (holder TEXT PRIMARY KEY, seq INTEGER NOT NULL) WITHOUT ROWID;
      CREATE TABLE lease_notices (holder TEXT PRIMARY KEY, due INTEGER NOT NULL, tries INTEGER NOT NULL) WITHOUT ROWID;
      CREATE INDEX lease_notices_due ON lease_notices (due);
    `,
  },
  {
    // Keys that had every scope there was keep that meaning, as in Postgres (migrations/0006); keys with fewer stay as they are.
    id: 5,
    sql: `
      UPDATE keys SET record = json_set(record, '$.scopes', (
        SELECT json_group_array(DISTINCT value) FROM (
          SELECT value FROM json_each(record, '$.scopes') UNION SELECT value FROM json_each('["webhooks:read", "webhooks:write", "limits:read", "budgets:write", "triggers:read", "triggers:write", "usage:read", "audit:read", "metrics:read", "telemetry:read", "telemetry:write"]')
        )
      ))
      WHERE (
        SELECT count(DISTINCT value) FROM json_each(record, '$.scopes')
        WHERE value IN ('workflows:read', 'workflows:write', 'executions:read', 'executions:write', 'connectors:read', 'connectors:write', 'connections:read', 'connections:write', 'secrets:read', 'secrets:write', 'keys:read', 'keys:write')
      ) = 12;
    `,
  },
  {
    // Connections: docs/design/connections.md.
    id: 6,
    sql: `
      CREATE TABLE connection_states (id TEXT PRIMARY KEY, status TEXT, reason TEXT, last_used_at INTEGER) WITHOUT ROWID;
      CREATE TABLE taken_once (nonce TEXT PRIMARY KEY, expires_at INTEGER NOT NULL) WITHOUT ROWID;
      CREATE INDEX taken_once_expires ON taken_once (expires_at);
    `,
  },
  {
    // Modules of code connectors that plans pin, by digest: JSON of names and source texts.
    id: 7,
    sql: "CREATE TABLE code_modules (digest TEXT PRIMARY KEY, modules TEXT NOT NULL) WITHOUT ROWID;",
  },
  {
    // Who may read secrets and env values, and who did: docs/guide/secrets.md.
    id: 8,
    sql: `
      ALTER TABLE secrets ADD COLUMN scope TEXT;
      ALTER TABLE env ADD COLUMN scope TEXT;
      CREATE TABLE settings_used (kind TEXT NOT NULL, name TEXT NOT NULL, last_at INTEGER NOT NULL, PRIMARY KEY (kind, name)) WITHOUT ROWID;
      CREATE TABLE setting_uses (
        seq INTEGER PRIMARY KEY, kind TEXT NOT NULL, name TEXT NOT NULL, connector TEXT NOT NULL, workflow TEXT NOT NULL,
        hour INTEGER NOT NULL, at INTEGER NOT NULL, UNIQUE (kind, name, connector, workflow, hour)
      );
    `,
  },
  {
    // Which attempt a cached output comes from, and what it used: a kill may come before its cell has it.
    id: 9,
    sql: "ALTER TABLE step_cache ADD COLUMN made TEXT;",
  },
  {
    // When the row of each setting was written, and up to when it is deleted: copies come in any order.
    id: 10,
    sql: `
      ALTER TABLE secrets ADD COLUMN changed_at INTEGER NOT NULL DEFAULT 0;
      ALTER TABLE env ADD COLUMN changed_at INTEGER NOT NULL DEFAULT 0;
      CREATE TABLE settings_gone (kind TEXT NOT NULL, name TEXT NOT NULL, changed_at INTEGER NOT NULL, PRIMARY KEY (kind, name)) WITHOUT ROWID;
    `,
  },
  {
    // Rows of connections that are being written: docs/design/connections.md.
    id: 11,
    sql: `
      CREATE TABLE connection_writes (id TEXT PRIMARY KEY, connector TEXT NOT NULL, at INTEGER NOT NULL) WITHOUT ROWID;
      CREATE INDEX connection_writes_by_connector ON connection_writes (connector);
    `,
  },
  {
    // Connections that are deleted: a copy of before that comes later brings none of them back.
    id: 12,
    sql: `
      CREATE TABLE connections_gone (seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, at INTEGER NOT NULL);
      CREATE INDEX connections_gone_at ON connections_gone (at);
    `,
  },
];
