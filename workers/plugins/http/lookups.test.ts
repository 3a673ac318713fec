import { expect, test } from "vitest";
import type { ConnectionRpc } from "../../../contracts/connection-rpc.ts";
import type { ConnectionQuery, SealedConnection, TenantRpc } from "../../../contracts/rpc.ts";
import { CONNECT_LINK } from "../../../contracts/connect-link.ts";
import { readTicket } from "../../../vault/ticket.ts";
import { seal } from "../../../vault/vault.ts";
import { lookupsOf } from "./lookups.ts";
import { settingLookups } from "./setting-lookups.ts";

const MASTER_KEY = btoa("k".repeat(32));

/** A tenant's object that has no connection until somebody makes one; counts how often it was asked. */
async function tenantOf(tenantId: string) {
  const place = { tenantId, purpose: "connection", id: "conn_1" };
  const sealed = await seal(MASTER_KEY, place, JSON.stringify({ token: "t" }));
  const state = { asked: 0, made: false, unsettled: false, type: "BEARER" };
  const found: SealedConnection = { id: "conn_1", connector: "a/b", name: "x", type: "BEARER", config: {}, sealed };
  const tenant: Pick<TenantRpc, "findConnection"> = {
    async findConnection({ optional }: ConnectionQuery) {
      state.asked += 1;
      if (state.unsettled && optional === true) return "unsettled";
      if (state.unsettled) throw new Error("a connection was being written");
      return state.made ? { ...found, type: state.type } : null;
    },
  };
  const at = (now: number) =>
    lookupsOf(() => tenant as TenantRpc, MASTER_KEY, { tenantId, environment: "live" }, {}, now, {
      connection: () => {
        throw new Error("no OAuth here");
      },
      policy: {},
      fetch,
      publicUrl: "",
      certified: () => undefined,
    });
  return { state, at };
}

test("that there is no connection is remembered ten seconds for calls that go on without one", async () => {
  const { state, at } = await tenantOf("ten_optional");
  for (const now of [0, 1, 9_999]) {
    expect(await at(now).findConnection({ connector: "a/b", optional: true })).toBeNull();
  }
  expect(state.asked).toBe(1);
  state.made = true;
  expect(await at(10_001).findConnection({ connector: "a/b", optional: true })).toMatchObject({ id: "conn_1" });
});

test("a call that needs a connection asks again, and sees one that was just made", async () => {
  const { state, at } = await tenantOf("ten_needed");
  expect(await at(0).findConnection({ connector: "a/b", optional: true })).toBeNull();
  expect(await at(1).findConnection({ connector: "a/b" })).toBeNull();
  state.made = true;
  expect(await at(2).findConnection({ connector: "a/b" })).toMatchObject({ id: "conn_1", values: { token: "t" } });
  expect(await at(3).findConnection({ connector: "a/b" })).toMatchObject({ id: "conn_1" });
  expect(state.asked).toBe(3);
});

test("that nobody can say whether there is one is no answer to remember: a call goes on without it, and the next asks again", async () => {
  const { state, at } = await tenantOf("ten_unsettled");
  state.unsettled = true;
  expect(await at(0).findConnection({ connector: "a/b", optional: true })).toBeNull();
  await expect(at(1).findConnection({ connector: "a/b" })).rejects.toThrow("being written");
  Object.assign(state, { unsettled: false, made: true });
  expect(await at(2).findConnection({ connector: "a/b", optional: true })).toMatchObject({ id: "conn_1" });
  expect(state.asked).toBe(3);
});

test("what is set is asked for once in ten seconds, and what is not set each time: it may just have been put", async () => {
  const tenantId = "ten_settings";
  const secretOf = (value: string) => seal(MASTER_KEY, { tenantId, purpose: "secret", id: "KEY" }, value);
  const put = { secrets: {} as Record<string, string>, env: {} as Record<string, string | null> };
  const asked: string[][] = [];
  const tenant: Pick<TenantRpc, "secrets" | "envValues"> = {
    async secrets(names) {
      asked.push(names);
      return { ...put.secrets };
    },
    async envValues(names) {
      asked.push(names);
      return { ...put.env };
    },
  };
  const at = (now: number) =>
    settingLookups(() => tenant, MASTER_KEY, { tenantId, environment: "live" }, { connector: "a/b@1.0.0" }, now);
  expect([await at(0).secrets(["KEY"]), await at(0).env(["REGION", "ZONE"])]).toEqual([{}, {}]);
  put.secrets.KEY = await secretOf("first");
  put.env.REGION = null;
  expect([await at(1).secrets(["KEY"]), await at(1).env(["REGION", "ZONE"])]).toEqual([
    { KEY: "first" },
    { REGION: null },
  ]);
  put.secrets.KEY = await secretOf("second");
  put.env.REGION = "eu";
  expect([await at(10_000).secrets(["KEY"]), await at(10_000).env(["REGION"])]).toEqual([
    { KEY: "first" },
    { REGION: null },
  ]);
  expect(asked).toEqual([["KEY"], ["REGION", "ZONE"], ["KEY"], ["REGION", "ZONE"]]);
  expect([await at(10_001).secrets(["KEY"]), await at(10_001).env(["REGION"])]).toEqual([
    { KEY: "second" },
    { REGION: "eu" },
  ]);
});

test("a link for an end user outlives the connection that was to be made good: another can be made by it", async () => {
  const { state, at } = await tenantOf("ten_links");
  const linked = async (wanted: { ref?: string; endUser?: string }) => {
    const url = await at(0).connectLink({ connector: "a/b", ...wanted, connectionId: "conn_1", expiresAt: 10 });
    const ticket = await readTicket(MASTER_KEY, CONNECT_LINK, url.slice("/connect/".length), 1);
    return ticket?.content;
  };
  state.made = true;
  expect(await linked({ endUser: "ada" })).toMatchObject({ endUser: "ada", connectionId: null });
  expect(await linked({ ref: "ada" }), "`connection: ada` found what is ada's own").toMatchObject({
    connectionId: null,
  });
  state.made = false;
  expect(await linked({ ref: "team" }), "one that is nobody's own").toMatchObject({ connectionId: "conn_1" });
});

test("a connection that cannot be used any more is looked up again: it may have been deleted or changed meanwhile", async () => {
  const { state, at } = await tenantOf("ten_gone");
  Object.assign(state, { made: true, type: "OAUTH2" });
  expect(await at(0).findConnection({ connector: "a/b", optional: true })).toMatchObject({
    problem: expect.any(Object),
  });
  const asked = state.asked;
  expect(await at(1).findConnection({ connector: "a/b" }), "it is there").toMatchObject({ id: "conn_1" });
  state.made = false;
  expect(await at(2).findConnection({ connector: "a/b" })).toBeNull();
  expect(state.asked - asked, "one question each").toBe(2);
});

test("a version of one connection's token is not that of another, which took its place", async () => {
  const owner = { tenantId: "ten_stale", environment: "live" } as const;
  const asks: object[] = [];
  const state = { id: "conn_1" };
  const sealedOf = (id: string) => seal(MASTER_KEY, { tenantId: owner.tenantId, purpose: "connection", id }, "{}");
  const tenant: Pick<TenantRpc, "findConnection"> = {
    findConnection: async () => {
      const config = { client_id: "app", issuer: "https://idp.example.org" };
      return { ...state, connector: "a/b", name: "x", type: "OAUTH2", config, sealed: await sealedOf(state.id) };
    },
  };
  const object = (name: string) => ({
    token: async ({ stale }: { stale?: number }) => {
      asks.push({ [name.split("/").at(-1) ?? ""]: stale });
      return { kind: "not_connected" };
    },
  });
  const oauth = { policy: {}, fetch, publicUrl: "", certified: () => undefined };
  const connection = (name: string) => object(name) as unknown as ConnectionRpc;
  const lookups = lookupsOf(() => tenant as TenantRpc, MASTER_KEY, owner, {}, 0, { ...oauth, connection });
  await lookups.findConnection({ connector: "a/b" });
  state.id = "conn_2";
  expect(await lookups.findConnection({ connector: "a/b", stale: 1 })).toMatchObject({ id: "conn_2" });
  expect(asks).toEqual([{ conn_1: undefined }, { conn_1: 1 }, { conn_2: undefined }]);
});
