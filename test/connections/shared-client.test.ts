import { DatabaseSync } from "node:sqlite";
import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import type { ConnectionRpc } from "../../contracts/connection-rpc.ts";
import type { SealedConnection, TenantRpc } from "../../contracts/rpc.ts";
import { CONNECTION_MIGRATIONS } from "../../durable-objects/connection/migrations.ts";
import { TokenKeeper } from "../../durable-objects/connection/token-keeper.ts";
import { ObjectSql } from "../../durable-objects/object-sql.ts";
import { ConnectionTable } from "../../durable-objects/tenant/connection-table.ts";
import { TenantSql } from "../../durable-objects/tenant/tenant-sql.ts";
import { seal } from "../../vault/vault.ts";
import { lookupsOf } from "../../workers/plugins/http/lookups.ts";
import { beginAuthorization, type DoorPorts, finishAuthorization } from "../../workers/plugins/http/oauth-door.ts";
import { checkConnection, revokeConnection } from "../../workers/plugins/http/oauth-care.ts";
import { keptToken } from "../../workers/plugins/http/oauth-tokens.ts";
import { storageOf } from "./sqlite-of.ts";

/* The client's secret changes at the provider and in the shared connection, and the connections of end users were made before. */

const MASTER_KEY = randomBytes(32).toString("base64");
const CONFIG = {
  client_id: "app",
  authorization_url: "https://idp.example.org/auth",
  token_url: "https://idp.example.org/token",
};
const SESSION = { session: "browser-1", redirectUri: "https://platform.example.com/oauth/callback" };
let count = 0;

/** `own`: of ada's connection, which somebody else than who knows the shared secret may have made. */
async function world(shared: { config?: object; secret: string }, own: object = CONFIG) {
  count += 1;
  const owner = { tenantId: `ten_shared_${count}`, environment: "live" } as const;
  const provider = { asked: [] as string[] };
  /** What the tenant's object says of the shared connection, where it is not as it is. */
  const lookup: { shared?: () => "unsettled" } = {};
  const table = new ConnectionTable(new TenantSql(storageOf(new DatabaseSync(":memory:"))), Date.now);
  const connectionOf = async (id: string, more: object, secret: string): Promise<SealedConnection> => ({
    ...{ id, connector: "acme/me", name: id, type: "OAUTH2", config: CONFIG, changedAt: 1 },
    ...more,
    sealed: await seal(
      MASTER_KEY,
      { tenantId: owner.tenantId, purpose: "connection", id },
      JSON.stringify({ client_secret: secret }),
    ),
  });
  const ada = await connectionOf("ada", { endUser: "ada", name: "end user ada", config: own }, "old");
  table.put(ada);
  table.put(await connectionOf("default", shared.config ? { config: shared.config } : {}, shared.secret));
  const keeper = new TokenKeeper(new ObjectSql(storageOf(new DatabaseSync(":memory:")), CONNECTION_MIGRATIONS), {
    now: Date.now,
    later: () => () => undefined,
    newLease: () => crypto.randomUUID(),
  });
  const rpc: Record<string, unknown> = {};
  for (const name of [
    ...(["token", "store", "giveUp", "kept", "grant", "beginAuthorization", "takeAuthorization", "forget"] as const),
  ])
    rpc[name] = async (...given: unknown[]) => Reflect.apply(keeper[name], keeper, given);
  const tenant = {
    findConnection: async (query: Parameters<TenantRpc["findConnection"]>[0]) =>
      query.ref === undefined && query.endUser === undefined && lookup.shared ? lookup.shared() : table.find(query),
    putConnectionState: async () => undefined,
    takeOnce: async () => true,
    // None is set, or none is for who asks.
    secrets: async (names: string[]) => Object.fromEntries(names.map((name) => [name, null])),
    envValues: async () => ({}),
  } as unknown as TenantRpc;
  const send = async (to: Parameters<typeof fetch>[0], init?: RequestInit) => {
    const [, secret] = atob(String(new Headers(init?.headers).get("authorization")).slice("Basic ".length)).split(":");
    provider.asked.push(`${new URL(String(to)).host} ${secret}`);
    const good = secret === "new";
    const answer = good ? { access_token: "renewed", token_type: "bearer" } : { error: "invalid_client" };
    const headers = { "content-type": "application/json" };
    return new Response(JSON.stringify(answer), { status: good ? 200 : 400, headers });
  };
  const oauth = { connection: () => rpc as unknown as ConnectionRpc, policy: {}, fetch: send };
  const grant = async () => {
    const token = { access_token: "first", refresh_token: "r", expires_in: -1 };
    keeper.grant(await keptToken(owner, "ada", 1, token, { masterKey: MASTER_KEY, now: Date.now }));
  };
  /** Ada's token has ended: the call renews it. */
  const call = async () => {
    await grant();
    const more = { ...oauth, publicUrl: "", certified: () => undefined };
    const lookups = lookupsOf(() => tenant, MASTER_KEY, owner, {}, Date.now(), more);
    return lookups.findConnection({ connector: "acme/me", endUser: "ada" });
  };
  const ports = { ...oauth, tenantOf: () => tenant, masterKey: MASTER_KEY, now: Date.now } satisfies DoorPorts;
  const revoke = async () => {
    await grant();
    return (await revokeConnection(owner, ada, ports, true)).told;
  };
  const check = () => checkConnection(owner, ada, ports);
  const consent = async () => {
    const begun = await beginAuthorization(owner, ada, { ...SESSION, link: "link" }, ports);
    if (!begun.ok) throw new Error(begun.message);
    const state = new URL(begun.value.url).searchParams.get("state") ?? "";
    return finishAuthorization(new URLSearchParams({ code: "c", state }).toString(), SESSION, ports);
  };
  return { provider, lookup, keeper, call, consent, revoke, check };
}

test("a token of an end user is renewed with the secret that the shared connection has now", async () => {
  const { provider, call } = await world({ secret: "new" });
  expect(await call()).toMatchObject({ values: { access_token: "renewed" } });
  expect(provider.asked).toEqual(["idp.example.org new"]);
});

test("and one who consents is connected with it", async () => {
  const { provider, consent } = await world({ secret: "new" });
  expect(await consent()).toMatchObject({ ok: true });
  expect(provider.asked).toEqual(["idp.example.org new"]);
});

test.each([
  ["another client", { ...CONFIG, client_id: "another" }],
  ["another provider", { ...CONFIG, token_url: "https://elsewhere.example.org/token" }],
])("the secret of %s goes nowhere, and a person's token does not go there", async (_what, config) => {
  const { provider, call } = await world({ config, secret: "new" });
  expect(await call()).toMatchObject({ problem: { reconnect: true } });
  expect(provider.asked).toEqual(["idp.example.org old"]);
});

const MINE = "https://mine.example.org/t";

test.each([
  ["refresh_url", { refresh_url: MINE }],
  ["revocation_url", { revocation_url: MINE }],
  ["issuer", { issuer: MINE }],
  ["token_url", { token_url: MINE }],
])("the shared secret goes to no %s of an end user's connection: it is write-only", async (_what, more) => {
  for (const used of ["call", "consent", "revoke", "check"] as const) {
    const made = await world({ secret: "new" }, { ...CONFIG, ...more });
    await made[used]();
    expect(made.provider.asked.filter((it) => it.endsWith(" new"), used)).toEqual([]);
  }
});

test.each(["refresh_url", "revocation_url"])(
  "nor does a person's token go to a %s that the shared connection was given since, but its secret is used where both said that it goes",
  async (name) => {
    const { provider, call, revoke } = await world({ config: { ...CONFIG, [name]: MINE }, secret: "new" });
    expect(await call()).toMatchObject({ values: { access_token: "renewed" } });
    expect(await revoke(), "there is no address for it that is that person's").toBe(false);
    expect(provider.asked).toEqual(["idp.example.org new"]);
  },
);

const UNSET = `\${secrets.ROTATED}`;

test.each([
  ["client", { ...CONFIG, client_id: "another", token_url: `\${env.BASE}/token` }],
  ["token_url", { ...CONFIG, token_url: MINE }],
])("a shared connection of another %s that cannot be opened is nothing to an end user's", async (_what, config) => {
  const { provider, call, consent } = await world({ config, secret: UNSET });
  await call();
  await consent();
  expect(provider.asked).toEqual(["idp.example.org old", "idp.example.org old"]);
});

test("where the shared connection names what is not set, a call is told what, a person only whom to ask, and nobody tries again", async () => {
  for (const config of [CONFIG, { ...CONFIG, client_id: UNSET.replace("secrets", "env") }]) {
    const { provider, call, consent, check } = await world({ config, secret: UNSET });
    const setting = { secret: "ROTATED" };
    expect(await call()).toMatchObject({ problem: { reconnect: false, setting } });
    expect(await check()).toMatchObject({ ok: false, code: "VALIDATION" });
    const refused = await consent();
    expect(refused).toMatchObject({ ok: false, code: "VALIDATION", message: expect.stringContaining("Ask who runs") });
    expect(JSON.stringify(refused)).not.toContain("ROTATED");
    expect(provider.asked).toEqual([]);
  }
});

test("nobody mints tokens of the shared client with a connection that is called an end user's", async () => {
  const { provider, check } = await world({ secret: "new" }, { ...CONFIG, flow: "client_credentials" });
  expect(await check()).toMatchObject({ ok: false });
  expect(provider.asked).toEqual(["idp.example.org old"]);
});

test("a revocation at the shared connection's own address is proved with its secret", async () => {
  const config = { ...CONFIG, revocation_url: "https://idp.example.org/revoke" };
  const { provider, revoke } = await world({ config, secret: "new" }, config);
  expect(await revoke()).toBe(true);
  expect(provider.asked).toEqual(["idp.example.org new"]);
});

test.each([
  [
    "that fails",
    () => {
      throw new Error("the object is being moved");
    },
  ],
  ["that nobody can answer now", () => "unsettled" as const],
])(
  "a lookup of the shared connection %s costs nobody a consent: the old secret is not tried",
  async (_what, shared) => {
    const { provider, lookup, keeper, call, consent } = await world({ secret: "new" });
    lookup.shared = shared;
    expect(await call()).toMatchObject({ problem: { reconnect: false } });
    expect(await consent()).toMatchObject({ ok: false, code: "UNAVAILABLE" });
    expect(provider.asked).toEqual([]);
    delete lookup.shared;
    expect((await keeper.token({})).kind, "its lease is given back, and it needs no reconnect").toBe("renew");
  },
);
