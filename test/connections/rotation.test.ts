import { DatabaseSync } from "node:sqlite";
import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import type { SealedConnection, TenantRpc } from "../../contracts/rpc.ts";
import { ConnectionTable } from "../../durable-objects/tenant/connection-table.ts";
import { SettingTable } from "../../durable-objects/tenant/setting-table.ts";
import { TenantSql } from "../../durable-objects/tenant/tenant-sql.ts";
import { open, seal } from "../../vault/vault.ts";
import { connections, secrets, tenants } from "../../workers/database/tables.ts";
import type { Ports } from "../../workers/services/context.ts";
import { rotateMasterKey } from "../../workers/services/vault/rotate-master-key.ts";
import { storageOf } from "./sqlite-of.ts";

/* A rotation that is stopped between a row and its copy, over the tenant object's own tables and rows in memory. */

const [OLD, NEW] = [`old:${randomBytes(32).toString("base64")}`, `new:${randomBytes(32).toString("base64")}`];
const CONNECTION = { tenantId: "ten_1", purpose: "connection", id: "conn_1" };
const SECRET = { tenantId: "ten_1", purpose: "secret", id: "S" };
const AT = new Date(1_000);

async function world() {
  const sql = new TenantSql(storageOf(new DatabaseSync(":memory:")));
  const [copies, settings] = [new ConnectionTable(sql, () => 2_000), new SettingTable(sql, () => 2_000)];
  const owned = { tenantId: "ten_1", environment: "live", createdAt: AT, updatedAt: AT };
  const connection = {
    ...owned,
    ...{ id: "conn_1", connector: "acme/a", name: "default", type: "OAUTH2", endUser: null, config: "{}" },
    sealed: await seal(OLD, CONNECTION, "{}"),
  };
  const secret = { ...owned, name: "S", scope: null, sealed: await seal(OLD, SECRET, "value") };
  const rows = new Map<unknown, object[]>([
    [tenants, [{ id: "ten_1" }]],
    [connections, [connection]],
    [secrets, [secret]],
  ]);
  const state = { down: false, unopened: false };
  const database = {
    select: () => ({
      from: (table: unknown) => ({
        where: () => {
          const found = [...(rows.get(table) ?? [])];
          return Object.assign(Promise.resolve(found), { orderBy: () => ({ limit: async () => found }) });
        },
      }),
    }),
    update: (table: unknown) => ({
      set: (changed: object) => ({
        where: () => ({
          returning: async () => {
            const [row] = rows.get(table) ?? [];
            const renewed = { ...row, ...changed };
            rows.set(table, [renewed]);
            return [renewed];
          },
        }),
      }),
    }),
  };
  const reached = () => {
    if (state.down) throw Object.assign(new Error("the object cannot be reached"), { remote: true });
  };
  const tenant = {
    putConnection: async (copy: SealedConnection) => {
      reached();
      copies.put(copy);
    },
    putSecret: async (...given: Parameters<TenantRpc["putSecret"]>) => {
      reached();
      settings.putSecret(...given);
    },
  } as unknown as TenantRpc;
  const none = { sealedSecrets: async () => [] };
  const oauth = {
    resealConnection: async () => {
      if (state.unopened) throw new Error("it does not open");
      return false;
    },
  };
  const rotate = (masterKey = `${NEW},${OLD}`) =>
    rotateMasterKey({
      ...{ database, masterKey, oauth, now: () => 2_000 },
      ...{ tenant: () => tenant, feed: () => none, services: () => none },
    } as unknown as Ports);
  copies.put({
    ...{ id: "conn_1", connector: "acme/a", name: "default", type: "OAUTH2", config: {}, changedAt: AT.getTime() },
    sealed: connection.sealed,
  });
  settings.putSecret("S", secret.sealed, null, AT.getTime());
  /** What a call finds when the new key is the only one. */
  const opened = async () => [
    await open(NEW, CONNECTION, copies.get("conn_1")?.sealed ?? ""),
    await open(NEW, SECRET, settings.secrets(["S"], {}).S ?? ""),
  ];
  return { state, rotate, opened, rows, copies };
}

test("copies are under the key that their rows are under", async () => {
  const { rotate, opened } = await world();
  expect(await rotate()).toEqual({ current: "new", resealed: 2, left: 0 });
  expect(await opened()).toEqual(["{}", "value"]);
  expect(await rotate()).toEqual({ current: "new", resealed: 0, left: 0 });
});

test("a rotation that was stopped between rows and copies makes the copies good when it runs again, and says so only then", async () => {
  const { state, rotate, opened } = await world();
  state.down = true;
  expect(await rotate()).toMatchObject({ left: 2 });
  // The rows are under the new key already; their copies are not.
  expect(await rotate(), "still").toMatchObject({ left: 2 });
  await expect(opened()).rejects.toThrow();
  state.down = false;
  expect(await rotate()).toEqual({ current: "new", resealed: 0, left: 0 });
  expect(await opened()).toEqual(["{}", "value"]);
});

test("a copy that was behind its row is not left under the old key", async () => {
  const { rotate, opened, rows } = await world();
  const [row] = rows.get(connections) ?? [];
  // It was changed, and its writer stopped before the copy.
  rows.set(connections, [{ ...row, sealed: await seal(OLD, CONNECTION, '{"a":1}'), updatedAt: new Date(1_500) }]);
  expect(await rotate()).toMatchObject({ left: 0 });
  expect(await opened()).toEqual(['{"a":1}', "value"]);
});

test("a copy that is newer than what was read stays", async () => {
  const { rotate, copies } = await world();
  const newer = await seal(NEW, CONNECTION, '{"newer":1}');
  const known = copies.get("conn_1");
  if (known) copies.put({ ...known, sealed: newer, changedAt: 1_700 });
  await rotate();
  expect(copies.get("conn_1")?.sealed).toBe(newer);
});

test("a token that does not open is left, and keeps nothing after it from its turn", async () => {
  const { state, rotate, opened } = await world();
  state.unopened = true;
  expect(await rotate()).toEqual({ current: "new", resealed: 2, left: 1 });
  expect(await opened()).toEqual(["{}", "value"]);
});
