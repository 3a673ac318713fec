import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import type { SealedConnection } from "../../contracts/rpc.ts";
import { ConnectionTable } from "../../durable-objects/tenant/connection-table.ts";
import { TenantSql } from "../../durable-objects/tenant/tenant-sql.ts";
import { storageOf } from "./sqlite-of.ts";

const COPY: SealedConnection = {
  id: "con_1",
  connector: "acme/a",
  name: "x",
  type: "OAUTH2",
  config: {},
  sealed: "v1",
};

function table(): ConnectionTable {
  return new ConnectionTable(new TenantSql(storageOf(new DatabaseSync(":memory:"))), () => 0);
}

test("of a connection whose copy is missing nothing is said, and of one that is behind, how far", () => {
  const connections = table();
  expect(connections.states(["con_1"])).toEqual({});
  connections.put({ ...COPY, changedAt: 5 });
  expect(connections.states(["con_1", "con_2"])).toEqual({ con_1: { status: "pending", copyOf: 5 } });
  connections.delete("con_1");
  expect(connections.states(["con_1"])).toEqual({});
});

test("a copy that comes late does not undo a newer one", () => {
  const connections = table();
  connections.put({ ...COPY, sealed: "newer", changedAt: 9 });
  connections.put({ ...COPY, sealed: "older", changedAt: 5 });
  expect(connections.get("con_1")?.sealed).toBe("newer");
  connections.put({ ...COPY, sealed: "again", changedAt: 9 });
  connections.put({ ...COPY, sealed: "under another key", changedAt: 9 });
  expect(connections.get("con_1")).toMatchObject({ sealed: "under another key", changedAt: 9 });
});
