import { DatabaseSync } from "node:sqlite";
import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import type { ConnectionRpc } from "../../contracts/connection-rpc.ts";
import type { Owner } from "../../contracts/placement.ts";
import type { SealedConnection, TenantRpc } from "../../contracts/rpc.ts";
import { LINK_CLAIM_MS, type TakenOnce } from "../../contracts/connect-link.ts";
import { CONNECTION_MIGRATIONS } from "../../durable-objects/connection/migrations.ts";
import { TokenKeeper } from "../../durable-objects/connection/token-keeper.ts";
import { ObjectSql } from "../../durable-objects/object-sql.ts";
import { ConnectionTable } from "../../durable-objects/tenant/connection-table.ts";
import { TenantSql } from "../../durable-objects/tenant/tenant-sql.ts";
import { seal } from "../../vault/vault.ts";
import { beginAuthorization, type DoorPorts, finishAuthorization } from "../../workers/plugins/http/oauth-door.ts";
import { storageOf } from "./sqlite-of.ts";

/* The door of an authorization under a clock of the test's own, with the objects' own tables, and stopped wherever it hurts. */

const OWNER: Owner = { tenantId: "ten_door", environment: "live" };
const MASTER_KEY = randomBytes(32).toString("base64");
const REDIRECT = "https://platform.example.com/oauth/callback";
const SESSION = { session: "browser-1", redirectUri: REDIRECT };

/** `stopAt`: the platform is killed there, once. */
async function world(answer: object = { access_token: "a", token_type: "bearer", expires_in: 60 }) {
  const clock = { now: 1_000_000 };
  const stopAt = { where: "" };
  const meanwhile: { task?: () => void; beforeGrant?: () => Promise<unknown>; afterGrant?: () => void } = {};
  const asked: string[] = [];
  const now = () => clock.now;
  const stop = (where: string) => {
    if (stopAt.where !== where) return;
    stopAt.where = "";
    throw new Error("killed");
  };
  const table = new ConnectionTable(new TenantSql(storageOf(new DatabaseSync(":memory:"))), now);
  const keeper = new TokenKeeper(new ObjectSql(storageOf(new DatabaseSync(":memory:")), CONNECTION_MIGRATIONS), {
    now,
    later: () => () => undefined,
    newLease: () => "lease",
  });
  const connection: SealedConnection = {
    id: "conn_1",
    connector: "acme/me",
    name: "default",
    type: "OAUTH2",
    config: {
      client_id: "app",
      authorization_url: "https://idp.example.org/auth",
      token_url: "https://idp.example.org/token",
      revocation_url: "https://idp.example.org/revoke",
    },
    sealed: await seal(
      MASTER_KEY,
      { tenantId: OWNER.tenantId, purpose: "connection", id: "conn_1" },
      '{"client_secret":"s"}',
    ),
  };
  table.put(connection);
  const object = {
    beginAuthorization: async (pending: Parameters<ConnectionRpc["beginAuthorization"]>[0]) =>
      keeper.beginAuthorization(pending),
    takeAuthorization: async (nonce: string) => keeper.takeAuthorization(nonce),
    grant: async (token: Parameters<ConnectionRpc["grant"]>[0]) => {
      stop("before the token is stored");
      const { beforeGrant } = meanwhile;
      delete meanwhile.beforeGrant;
      await beforeGrant?.();
      const granted = keeper.grant(token);
      meanwhile.afterGrant?.();
      return granted;
    },
    kept: async () => keeper.kept(),
  };
  const tenant = {
    findConnection: async () => table.get("conn_1") ?? null,
    takeOnce: async (nonce: string, until: number) => table.takeOnce(nonce, until),
    giveBack: async (...given: Parameters<TenantRpc["giveBack"]>) => {
      stop("before the link is given back");
      table.giveBack(...given);
    },
    putConnectionState: async (id: string, state: { status: string }, link?: TakenOnce) => {
      stop("before the link is used up");
      table.putState(id, state);
      if (link) table.keepTaken(link.nonce, link.expiresAt);
    },
  };
  const ports = {
    connection: () => object as unknown as ConnectionRpc,
    tenantOf: () => tenant as unknown as TenantRpc,
    masterKey: MASTER_KEY,
    policy: {},
    fetch: async (to: Parameters<typeof fetch>[0], init?: RequestInit) => {
      asked.push(`${new URL(String(to)).pathname} ${String(init?.body)}`);
      meanwhile.task?.();
      return new Response(JSON.stringify(answer), { headers: { "content-type": "application/json" } });
    },
    now,
  } satisfies DoorPorts;
  const begin = async (link: string) => {
    const begun = await beginAuthorization(OWNER, connection, { ...SESSION, link }, ports);
    if (!begun.ok) throw new Error(begun.message);
    const state = new URL(begun.value.url).searchParams.get("state") ?? "";
    return new URLSearchParams({ code: "c", state }).toString();
  };
  return {
    clock,
    stopAt,
    table,
    keeper,
    meanwhile,
    asked,
    begin,
    finish: (query: string, session = SESSION) => finishAuthorization(query, session, ports),
  };
}

const TEN_MINUTES = 10 * 60_000;

test("an authorization ends after ten minutes, to the millisecond", async () => {
  const { clock, begin, finish } = await world();
  const [early, late] = [await begin("l1"), await begin("l2")];
  clock.now += TEN_MINUTES - 1;
  expect(await finish(early)).toMatchObject({ ok: true });
  clock.now += 1;
  expect(await finish(late)).toMatchObject({
    ok: false,
    code: "FORBIDDEN",
    message: expect.stringContaining("too old"),
  });
});

test("a link leads to one connection, whoever began with it first", async () => {
  const { begin, finish } = await world();
  const [one, two] = [await begin("link"), await begin("link")];
  expect(await finish(two)).toMatchObject({ ok: true });
  expect(await finish(one)).toMatchObject({ ok: false, message: expect.stringContaining("link has been used") });
});

test.each(["before the token is stored", "before the link is used up"])(
  "a platform that is killed %s leaves a link that works again, and once",
  async (where) => {
    const { clock, stopAt, table, begin, finish } = await world();
    const first = await begin("link");
    stopAt.where = where;
    await expect(finish(first)).rejects.toThrow("killed");
    // Its code is spent; for a moment nobody knows whether somebody is still at it.
    expect(await finish(first)).toMatchObject({ ok: false, message: expect.stringContaining("has been used") });
    const again = await begin("link");
    expect(table.isTaken("link")).toBe(true);
    clock.now += LINK_CLAIM_MS;
    expect(table.isTaken("link")).toBe(false);
    expect(await finish(again)).toMatchObject({ ok: true });
    clock.now += 24 * 3_600_000;
    expect(table.isTaken("link")).toBe(true);
    expect(table.states(["conn_1"]).conn_1).toMatchObject({ status: "connected" });
  },
);

test("what was begun in another browser, or for another address, is refused", async () => {
  const { begin, finish } = await world();
  expect(await finish(await begin("l"), { ...SESSION, session: "browser-2" })).toMatchObject({
    ok: false,
    code: "FORBIDDEN",
  });
  const elsewhere = { ...SESSION, redirectUri: "https://evil.example.com/callback" };
  expect(await finish(await begin("l"), elsewhere)).toMatchObject({ ok: false, code: "FORBIDDEN" });
});

test("an answer of the provider that is none says which member is missing", async () => {
  const { begin, finish } = await world({ ok: true, id: "msg-1" });
  const done = await finish(await begin("link-1"));
  expect(JSON.stringify(done)).toContain("The provider's answer cannot be used: it has no `access_token`");
});

test("a connection that is changed or deleted while the code is traded does not get the token, and the provider hears of it", async () => {
  const { begin, finish, keeper, meanwhile, asked, table } = await world();
  const query = await begin("link");
  meanwhile.task = () => keeper.forget();
  expect(await finish(query)).toMatchObject({
    ok: false,
    code: "FORBIDDEN",
    message: expect.stringContaining("changed or deleted meanwhile"),
  });
  expect(keeper.kept()).toBeNull();
  expect(table.states(["conn_1"]).conn_1).toMatchObject({ status: "pending" });
  expect(asked.at(-1)).toMatch(/^\/revoke token=a\b/);
});

test("a token that a newer authorization outran is not revoked: the provider might end both", async () => {
  const { begin, finish, keeper, meanwhile, asked } = await world();
  const query = await begin("link");
  meanwhile.task = () => void keeper.grant({ sealed: "newer", version: 99, refreshAt: null, expiresAt: null });
  expect(await finish(query)).toMatchObject({ ok: false, message: expect.stringContaining("newer authorization") });
  expect(asked.map((it) => it.split(" ")[0])).toEqual(["/token"]);
});

test("and it hears of it also where the link cannot be given back", async () => {
  const { stopAt, begin, finish, keeper, meanwhile, asked } = await world();
  const query = await begin("link");
  meanwhile.task = () => keeper.forget();
  stopAt.where = "before the link is given back";
  await expect(finish(query)).rejects.toThrow("killed");
  expect(asked.at(-1)).toMatch(/^\/revoke token=a\b/);
});

test("who was slow gives back no link that another use of it has completed meanwhile", async () => {
  const { clock, table, begin, finish, meanwhile } = await world();
  const [slow, other] = [await begin("link"), await begin("link")];
  meanwhile.beforeGrant = async () => {
    clock.now += LINK_CLAIM_MS;
    expect(await finish(other)).toMatchObject({ ok: true });
  };
  expect(await finish(slow)).toMatchObject({ ok: false, message: expect.stringContaining("newer authorization") });
  expect(table.isTaken("link")).toBe(true);
});

test("a connection that is changed as its consent arrives says that it needs another", async () => {
  const { begin, finish, keeper, meanwhile, table } = await world();
  const query = await begin("link");
  meanwhile.afterGrant = () => {
    table.putState("conn_1", { status: "pending" });
    keeper.forget();
  };
  expect(await finish(query)).toMatchObject({
    ok: false,
    message: expect.stringContaining("open the connect link again"),
  });
  expect(keeper.kept()).toBeNull();
  expect(table.states(["conn_1"]).conn_1).toMatchObject({ status: "pending" });
  delete meanwhile.afterGrant;
  expect(await finish(await begin("link")), "its link still works").toMatchObject({ ok: true });
  expect(await finish(await begin("link")), "once").toMatchObject({ ok: false });
});
