import { DatabaseSync } from "node:sqlite";
import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import type { ConnectionRpc } from "../../contracts/connection-rpc.ts";
import type { SealedConnection } from "../../contracts/rpc.ts";
import { CONNECTION_MIGRATIONS } from "../../durable-objects/connection/migrations.ts";
import { REST_MS, TokenKeeper } from "../../durable-objects/connection/token-keeper.ts";
import { ObjectSql } from "../../durable-objects/object-sql.ts";
import { type TokenPorts, withToken } from "../../workers/plugins/http/oauth-tokens.ts";
import { storageOf } from "./sqlite-of.ts";

/* Client credentials whose secret changes at the provider before it changes here: the isolate's part and the connection object's own. */

const OWNER = { tenantId: "ten_minted", environment: "live" } as const;
const LIFE_S = 3_600;
let count = 0;

function world() {
  count += 1;
  const clock = { now: 1_000_000 };
  const provider = { secret: "old", asked: 0 };
  const states: { status: string; reason?: string }[] = [];
  const database = new DatabaseSync(":memory:");
  const keeper = new TokenKeeper(new ObjectSql(storageOf(database), CONNECTION_MIGRATIONS), {
    now: () => clock.now,
    later: () => () => undefined,
    newLease: () => crypto.randomUUID(),
  });
  const object = {
    token: async (ask: Parameters<ConnectionRpc["token"]>[0]) => keeper.token(ask),
    store: async (...given: Parameters<ConnectionRpc["store"]>) => keeper.store(...given),
    giveUp: async (...given: Parameters<ConnectionRpc["giveUp"]>) => keeper.giveUp(...given),
    kept: async () => keeper.kept(),
  };
  const ports: TokenPorts = {
    connection: () => object as unknown as ConnectionRpc,
    tenant: { putConnectionState: async (_id, state) => void states.push(state) },
    masterKey: randomBytes(32).toString("base64"),
    policy: {},
    fetch: async (_to, init) => {
      provider.asked += 1;
      const good = new Headers(init?.headers).get("authorization") === `Basic ${btoa(`app:${provider.secret}`)}`;
      const answer = good
        ? { access_token: `t${provider.asked}`, token_type: "bearer", expires_in: LIFE_S }
        : { error: "invalid_client" };
      const headers = { "content-type": "application/json" };
      return new Response(JSON.stringify(answer), { status: good ? 200 : 400, headers });
    },
    now: () => clock.now,
  };
  const connection: SealedConnection = {
    ...{ id: `conn_minted_${count}`, connector: "acme/me", name: "default", type: "OAUTH2", sealed: "", changedAt: 1 },
    config: { client_id: "app", flow: "client_credentials", token_url: "https://idp.example.org/token" },
  };
  /** The secret as a call finds it: it is named, so the connection itself does not change. */
  const call = (secret: string, stale?: number) =>
    withToken(OWNER, connection, { client_secret: secret }, ports, stale);
  return { clock, provider, states, keeper, call };
}

test("a client that was refused works again after a pause once its secret is right, and nobody is asked to consent", async () => {
  const { clock, provider, states, call } = world();
  expect(await call("old")).toMatchObject({ values: { access_token: "t1" } });
  provider.secret = "new";
  clock.now += LIFE_S * 1_000;
  const refused = await call("old");
  expect(refused.problem).toMatchObject({ message: expect.stringContaining("invalid_client"), reconnect: false });
  expect(states.at(-1)).toEqual({ status: "pending", reason: "The provider refused with invalid_client" });
  // The provider is left alone for a while, whoever comes.
  clock.now += REST_MS - 1;
  for (let n = 0; n < 5; n += 1) expect(await call("new")).toMatchObject({ problem: { reconnect: false } });
  expect(provider.asked).toBe(2);
  clock.now += 1;
  expect(await call("new")).toMatchObject({ values: { access_token: "t3" } });
  expect(states.at(-1)).toEqual({ status: "connected" });
});

test("a token that is due and has not ended is used while its client rests", async () => {
  const { clock, provider, call } = world();
  await call("old");
  provider.secret = "new";
  clock.now += LIFE_S * 1_000 - 1_000;
  expect(await call("old")).toMatchObject({ problem: { reconnect: false } });
  expect(await call("old")).toMatchObject({ values: { access_token: "t1" } });
  expect(provider.asked).toBe(2);
});

test("one that an earlier build left in need of a reconnect is asked for again", async () => {
  const { keeper, call } = world();
  const first = await keeper.token({ mint: true });
  if (first.kind !== "renew") throw new Error(first.kind);
  keeper.giveUp(first.lease, { message: "The provider refused with invalid_client", reconnect: true });
  expect(await keeper.token({})).toMatchObject({ kind: "needs_reconnect" });
  expect(await call("old")).toMatchObject({ values: { access_token: "t1" } });
});
