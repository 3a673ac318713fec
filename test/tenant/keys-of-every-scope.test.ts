import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { SCOPES } from "../../contracts/scopes.ts";
import { TENANT_MIGRATIONS } from "../../durable-objects/tenant/migrations.ts";

const FIRST = SCOPES.filter((scope) => /^(workflows|executions|connectors|connections|secrets|keys):/.test(scope));

/** What a tenant object knows of keys that were made when there were no other scopes, after it has been brought up to date. */
function migrated(keys: Record<string, readonly string[]>): Record<string, string[]> {
  const database = new DatabaseSync(":memory:");
  const before = TENANT_MIGRATIONS.findIndex(({ sql }) => sql.includes("UPDATE keys"));
  for (const { sql } of TENANT_MIGRATIONS.slice(0, before)) database.exec(sql);
  const insert = database.prepare("INSERT INTO keys VALUES (?, ?, ?)");
  for (const [id, scopes] of Object.entries(keys))
    insert.run(`hash of ${id}`, id, JSON.stringify({ id, scopes, roles: ["admin"] }));
  for (const { sql } of TENANT_MIGRATIONS.slice(before)) database.exec(sql);
  const rows = database.prepare("SELECT id, record FROM keys ORDER BY id").all();
  return Object.fromEntries(rows.map(({ id, record }) => [String(id), JSON.parse(String(record)).scopes]));
}

test("a key that had every scope has every scope, one with fewer has no more than it had", () => {
  expect(FIRST).toHaveLength(12);
  const { all = [], few } = migrated({ all: FIRST, few: FIRST.slice(1) });
  expect(all.toSorted()).toEqual([...SCOPES].toSorted());
  expect(few).toEqual(FIRST.slice(1));
});
