import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { type ConnectionWrite, WRITE_OVER_MS } from "../../contracts/connection-copies-rpc.ts";
import type { SealedConnection, TenantRpc } from "../../contracts/rpc.ts";
import { ConnectionTable, GONE_MS, MOST_GONE } from "../../durable-objects/tenant/connection-table.ts";
import { Copies } from "../../durable-objects/tenant/copies.ts";
import { TenantSql } from "../../durable-objects/tenant/tenant-sql.ts";
import type { Ports } from "../../workers/services/context.ts";
import { settleCopies } from "../../workers/services/connections/settle-copies.ts";
import { storageOf } from "./sqlite-of.ts";

/* What calls find while a connection's row is written and its copy is not there yet: the tenant object's own tables, and rows in memory. */

const QUERY = { connector: "acme/a" };
const OWNER = { tenantId: "ten_1", environment: "live" } as const;

interface Row {
  id: string;
  sealed: string;
  updatedAt: Date;
}

function world() {
  let now = 1_000;
  const sql = new TenantSql(storageOf(new DatabaseSync(":memory:")));
  const table = new ConnectionTable(sql, () => now);
  const rows = new Map<string, Row>();
  const state = { down: false, hanging: false, asked: 0, beforePut() {} };
  const rowOf = (row: Row) => ({
    ...row,
    connector: "acme/a",
    name: "default",
    type: "BEARER",
    endUser: null,
    config: "{}",
    tenantId: "ten_1",
    environment: "live",
    createdAt: row.updatedAt,
  });
  const database = { select: () => ({ from: () => ({ where: async () => [...rows.values()].map(rowOf) }) }) };
  const revoked: string[] = [];
  const oauth = {
    revokeConnection: async (_owner: object, { id, sealed }: SealedConnection, deleted?: boolean) =>
      revoked.push(`${id} ${sealed} ${String(deleted)}`) > 0,
  };
  const tenant = {
    connectionStates: async (ids: string[]) => table.states(ids),
    putConnection: async (connection: SealedConnection) => {
      state.beforePut();
      table.put(connection);
    },
    async deleteConnection(id: string) {
      const copy = table.get(id) ?? null;
      table.delete(id);
      return copy;
    },
    endConnectionWrite: async (id: string, at: number) => table.endWrite(id, at),
  } as unknown as TenantRpc;
  const ports = { database, oauth, tenant: () => tenant, now: () => now } as unknown as Ports;
  const copies = new Copies(table, {
    now: () => now,
    wait: () => new Promise((resolve) => setImmediate(resolve)),
    owner: OWNER,
    rows: {
      async settle(owner, writes: ConnectionWrite[]) {
        state.asked += 1;
        if (state.down) throw new Error("Postgres is down");
        if (state.hanging) await new Promise(() => undefined);
        await settleCopies(ports, owner, writes);
      },
    },
  });
  const begin = (at: number) => table.beginWrite({ id: "conn_1", connector: "acme/a", at });
  const write = (sealed: string, at: number) =>
    void rows.set("conn_1", { id: "conn_1", sealed, updatedAt: new Date(at) });
  const pass = (ms: number) => {
    now += ms;
  };
  /** A life of the tenant's object besides, which remembers nothing but what is stored. */
  const anotherLife = () => new ConnectionTable(sql, () => now);
  const gone = () => Number(sql.read("SELECT count(*) AS many FROM connections_gone")[0]?.many);
  return { table, rows, state, copies, begin, write, pass, anotherLife, gone, revoked };
}

test("a connection whose row is there and whose copy is not is found by the call that needs it, and nobody asks again", async () => {
  const { copies, begin, write, state } = world();
  expect(await copies.find(QUERY)).toBeNull();
  expect(state.asked, "without a note there is nothing to ask").toBe(0);
  begin(1_000);
  write("v1", 1_000);
  expect(await copies.find(QUERY)).toMatchObject({ id: "conn_1", sealed: "v1" });
  expect(await copies.find(QUERY)).toMatchObject({ sealed: "v1" });
  expect(state.asked).toBe(1);
});

test("a change that was cut off after its row is used, and what was deleted is not", async () => {
  const { copies, begin, write, rows, table } = world();
  write("v1", 1_000);
  begin(1_000);
  await copies.find(QUERY);
  begin(1_005);
  expect(await copies.find(QUERY), "the row is not written yet").toMatchObject({ sealed: "v1" });
  write("v2", 1_005);
  expect(await copies.find(QUERY)).toMatchObject({ sealed: "v2" });
  begin(1_010);
  expect(await copies.find(QUERY)).toMatchObject({ sealed: "v2" });
  rows.clear();
  expect(await copies.find(QUERY)).toBeNull();
  expect(table.writes("acme/a")).toEqual([]);
});

test("the token of a connection whose deletion was cut off is ended by the call that finds out", async () => {
  const { copies, begin, table, revoked } = world();
  const copy = { ...QUERY, id: "conn_1", name: "default", config: {}, sealed: "v1", changedAt: 1_000 };
  table.put({ ...copy, type: "OAUTH2" });
  begin(1_001);
  expect(await copies.find(QUERY)).toBeNull();
  expect(revoked).toEqual(["conn_1 v1 true"]);
});

test("a connection that is deleted while its copy is made is gone, for the call that asked and for those after it", async () => {
  const { copies, begin, write, rows, table, state, anotherLife } = world();
  begin(1_000);
  write("v1", 1_000);
  state.beforePut = () => {
    rows.clear();
    anotherLife().delete("conn_1");
  };
  expect(await copies.find(QUERY)).toBeNull();
  expect(await copies.find(QUERY)).toBeNull();
  expect(table.states(["conn_1"])).toEqual({});
});

test("a copy of before a deletion that comes after it brings nothing back", () => {
  const { table } = world();
  const copy = { ...QUERY, id: "conn_1", name: "default", type: "BEARER", config: {}, sealed: "v1", changedAt: 1_000 };
  table.put(copy);
  table.delete("conn_1");
  table.put({ ...copy, changedAt: 1_001 });
  expect(table.find(QUERY)).toBeNull();
  table.put({ ...copy, id: "conn_2" });
  expect(table.find(QUERY)).toMatchObject({ id: "conn_2" });
});

test("nor does it in another life of the object, nor does what becomes of a token that was being renewed", () => {
  const { table, anotherLife, pass } = world();
  const copy = { ...QUERY, id: "conn_1", name: "default", type: "OAUTH2", config: {}, sealed: "v1", changedAt: 1_000 };
  table.put(copy);
  table.delete("conn_1");
  pass(WRITE_OVER_MS);
  const later = anotherLife();
  later.put({ ...copy, changedAt: 1_001 });
  later.putState("conn_1", { status: "connected" });
  later.used("conn_1");
  expect(later.find(QUERY)).toBeNull();
  expect(later.find({ ...QUERY, ref: "conn_1" })).toBeNull();
  expect(later.states(["conn_1"])).toEqual({});
});

test("what is deleted is remembered longer than any request lasts, and no longer than an hour, and not without end", () => {
  const { table, anotherLife, pass, gone } = world();
  for (let n = 0; n < MOST_GONE + 50; n += 1) table.delete(`conn_${n}`);
  expect(gone()).toBe(MOST_GONE);
  const copy = { ...QUERY, name: "x", type: "BEARER", config: {}, sealed: "v1", changedAt: 1_000 };
  anotherLife().put({ ...copy, id: `conn_${MOST_GONE + 49}` });
  expect(table.find(QUERY), "the newest are those that stay").toBeNull();
  pass(GONE_MS);
  table.delete("conn_a");
  expect(gone()).toBe(1);
  expect(GONE_MS).toBeGreaterThan(WRITE_OVER_MS);
});

test("a copy that its writer makes meanwhile ends the matter; one of another write does not", async () => {
  const { table, begin } = world();
  const copy = { ...QUERY, id: "conn_1", name: "default", type: "BEARER", config: {}, sealed: "v1" };
  begin(1_005);
  table.put({ ...copy, changedAt: 1_000 });
  expect(table.writes("acme/a")).toHaveLength(1);
  table.put({ ...copy, changedAt: 1_005 });
  expect(table.writes("acme/a")).toEqual([]);
});

test("while the rows cannot be read a call fails to be tried again, unless it has a copy; nobody asks again at once", async () => {
  for (const kind of ["down", "hanging"] as const) {
    const { copies, begin, write, state, pass } = world();
    begin(1_000);
    write("v1", 1_000);
    state[kind] = true;
    await expect(copies.find(QUERY)).rejects.toThrow();
    await expect(copies.find(QUERY)).rejects.toThrow("cannot be read right now");
    expect(state.asked).toBe(1);
    state[kind] = false;
    pass(6_000);
    expect(await copies.find(QUERY)).toMatchObject({ sealed: "v1" });
    begin(8_000);
    state[kind] = true;
    expect(await copies.find(QUERY)).toMatchObject({ sealed: "v1" });
  }
});

test("a call that goes on without a connection does so while the rows cannot be read, and finds it when they can", async () => {
  for (const kind of ["down", "hanging"] as const) {
    const { copies, begin, write, state, pass } = world();
    const query = { ...QUERY, optional: true };
    begin(1_000);
    write("v1", 1_000);
    state[kind] = true;
    expect(await copies.find(query)).toBe("unsettled");
    expect(await copies.find(query)).toBe("unsettled");
    expect(state.asked).toBe(1);
    await expect(copies.find(QUERY), "one that cannot asks for itself").rejects.toThrow();
    expect(state.asked).toBe(2);
    state[kind] = false;
    pass(6_000);
    expect(await copies.find(query)).toMatchObject({ sealed: "v1" });
  }
});

test("that a call which goes on had no patience keeps no call waiting that cannot go on", async () => {
  const { copies, begin, write, state } = world();
  begin(1_000);
  write("v1", 1_000);
  state.hanging = true;
  expect(await copies.find({ ...QUERY, optional: true })).toBe("unsettled");
  state.hanging = false;
  expect(await copies.find({ ...QUERY, optional: true }), "others that go on rest").toBe("unsettled");
  expect(await copies.find(QUERY)).toMatchObject({ sealed: "v1" });
});

test("of a row that was never written nothing is left when its writer is over", async () => {
  const { copies, begin, table, pass } = world();
  begin(1_000);
  expect(await copies.find(QUERY)).toBeNull();
  expect(table.writes("acme/a")).toHaveLength(1);
  pass(WRITE_OVER_MS + 1);
  expect(await copies.find(QUERY)).toBeNull();
  expect(table.writes("acme/a")).toEqual([]);
});
