import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import type { TenantRpc } from "../../contracts/rpc.ts";
import { SettingTable } from "../../durable-objects/tenant/setting-table.ts";
import { TenantSql } from "../../durable-objects/tenant/tenant-sql.ts";
import type { Context } from "../../workers/services/context.ts";
import { settled } from "../../workers/services/settings/settled.ts";
import { storageOf } from "../connections/sqlite-of.ts";

/* Copies of secrets and env values that come late, twice or never, with the tenant object's own table. */

function world() {
  const table = new SettingTable(new TenantSql(storageOf(new DatabaseSync(":memory:"))), () => 0);
  const secret = () => table.secrets(["A"], {}).A;
  const tenant = {
    settingState: async () => table.state("secret", "A"),
    deleteSetting: async (_kind: "secret", name: string, at: number) => table.delete("secret", name, at),
  } as unknown as TenantRpc;
  const caller = { tenantId: "ten_1", environment: "live" };
  const context = { ports: { tenant: () => tenant }, caller } as unknown as Context;
  /** What a GET does while Postgres has `row`. */
  const look = (row: { sealed: string; updatedAt: Date } | undefined) =>
    settled(
      context,
      "secret",
      "A",
      async () => row,
      async (_tenant, { sealed, updatedAt }) => table.putSecret("A", sealed, null, updatedAt.getTime()),
    );
  return { table, secret, look };
}

test("a copy that comes late does not undo a newer one, of secrets and of env values", () => {
  const { table, secret } = world();
  table.putSecret("A", "v2", null, 20);
  table.putSecret("A", "v1", null, 10);
  expect(secret()).toBe("v2");
  table.putEnv("A", 2, null, 20);
  table.putEnv("A", 1, null, 10);
  expect(table.env(["A"], {})).toEqual({ A: 2 });
  table.putSecret("A", "v3", null, 30);
  expect(secret()).toBe("v3");
});

test("a copy of a row that was deleted meanwhile is none, and a row of the same name that is written since is one", () => {
  const { table, secret } = world();
  table.putSecret("A", "v1", null, 10);
  table.delete("secret", "A", 20);
  table.putSecret("A", "v2, written before it was deleted", null, 20);
  expect(secret()).toBeNull();
  table.putEnv("A", 1, null, 5);
  expect(table.env(["A"], {}), "another kind").toEqual({ A: 1 });
  table.putSecret("A", "v3", null, 21);
  expect(secret()).toBe("v3");
  // A deletion that comes late leaves what is newer.
  table.delete("secret", "A", 20);
  expect(secret()).toBe("v3");
});

test("who reads a row makes good what its copy missed: one that is behind, one that was never there, one that is too much", async () => {
  const { table, secret, look } = world();
  await look({ sealed: "v1", updatedAt: new Date(10) });
  expect(secret()).toBe("v1");
  await look({ sealed: "v2", updatedAt: new Date(20) });
  expect(secret()).toBe("v2");
  expect(await look({ sealed: "v2", updatedAt: new Date(20) })).toMatchObject({ lastUsed: 0 });
  expect(await look(undefined)).toEqual({ row: undefined, lastUsed: 0 });
  expect(secret()).toBeNull();
  table.putSecret("A", "late", null, 20);
  expect(secret()).toBeNull();
  await look({ sealed: "new", updatedAt: new Date(30) });
  expect(secret()).toBe("new");
});
