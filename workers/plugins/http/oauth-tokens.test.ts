import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import type { ConnectionRpc, KeptToken, TokenAnswer, TokenAsk } from "../../../contracts/connection-rpc.ts";
import type { SealedConnection } from "../../../contracts/rpc.ts";
import { keptToken, type TokenPorts, withToken } from "./oauth-tokens.ts";

/* What an isolate does with a token, before an object that the test plays. */

const MASTER_KEY = randomBytes(32).toString("base64");
const OWNER = { tenantId: "ten_tokens", environment: "live" } as const;
let count = 0;

async function world(granted: { expires_in?: number; refresh_token?: string }) {
  count += 1;
  const id = `conn_${count}`;
  const clock = { now: 1_000_000 };
  const told = {
    gaveUp: [] as { message: string; reconnect: boolean }[],
    states: [] as string[],
    asks: [] as TokenAsk[],
    sent: 0,
    stored: 0,
    /** Of so many attempts to store nothing arrives, or no answer comes back. */
    lost: { before: 0, after: 0 },
    /** Its lease is over: the connection was changed meanwhile. */
    leaseIsOver: false,
  };
  const now = () => clock.now;
  const newToken = (version: number, access_token: string): Promise<KeptToken> =>
    keptToken(OWNER, id, version, { access_token, ...granted }, { masterKey: MASTER_KEY, now });
  const object: { token: KeptToken | null; answer?: TokenAnswer; gives?: object } = {
    token: await newToken(1, "first"),
  };
  const rpc = {
    token: async (ask: TokenAsk): Promise<TokenAnswer> => {
      told.asks.push(ask);
      const { token } = object;
      if (object.answer) return object.answer;
      if (token === null) return { kind: "not_connected" };
      const due = clock.now >= (token.refreshAt ?? Number.POSITIVE_INFINITY);
      return token.version === ask.stale || due
        ? { kind: "renew", lease: "l", version: token.version + 1, token }
        : { kind: "token", token };
    },
    kept: async () => object.token,
    store: async (_lease: string, token: KeptToken) => {
      told.stored += 1;
      if (told.stored <= told.lost.before) throw new Error("the object is being moved");
      if (object.token?.version === token.version) return false;
      object.token = token;
      if (told.stored <= told.lost.after) throw new Error("its answer was lost");
      return true;
    },
    giveUp: async (_lease: string, outcome: { message: string; reconnect: boolean }) =>
      told.gaveUp.push(outcome) > 0 && !told.leaseIsOver,
  };
  const ports: TokenPorts = {
    connection: () => rpc as unknown as ConnectionRpc,
    tenant: { putConnectionState: async (_id, { status }) => void told.states.push(status) },
    masterKey: MASTER_KEY,
    policy: {},
    fetch: async () => {
      told.sent += 1;
      if (object.gives !== undefined) return Response.json(object.gives);
      return new Response('{"error":"invalid_grant"}', {
        status: 400,
        headers: { "content-type": "application/json" },
      });
    },
    now,
  };
  const connection = (changedAt: number): SealedConnection => ({
    id,
    connector: "acme/me",
    name: "default",
    type: "OAUTH2",
    config: {
      client_id: "app",
      authorization_url: "https://idp.example.org/auth",
      token_url: "https://idp.example.org/token",
    },
    sealed: "",
    changedAt,
  });
  const ask = (changedAt = 1, stale?: number) => withToken(OWNER, connection(changedAt), {}, ports, stale);
  return { clock, told, object, newToken, ask };
}

test.each([{}, { expires_in: 3_600 }])(
  "a token without a refresh token (%o) that was refused once is still the connection's, for everybody",
  async (granted) => {
    const { told, ask } = await world(granted);
    const first = await ask();
    expect(first).toMatchObject({ values: { access_token: "first" }, tokenVersion: 1 });
    // The same version: who was refused knows that there is no other.
    expect(await ask(1, 1)).toEqual(first);
    expect(told.gaveUp).toEqual([{ message: expect.any(String), reconnect: false }]);
    expect(told).toMatchObject({ states: [], sent: 0 });
  },
);

test("who waited while another found that it cannot be renewed gets the same", async () => {
  const { object, ask } = await world({});
  await ask();
  object.answer = { kind: "failed", message: "the provider gave none to renew it with" };
  expect(await ask(1, 1)).toMatchObject({ values: { access_token: "first" }, tokenVersion: 1 });
});

test("one that has ended, and one whose refresh token the provider refuses, need somebody to connect anew", async () => {
  const ended = await world({ expires_in: 60 });
  ended.clock.now += 60_000;
  expect(await ended.ask()).toMatchObject({ problem: { reconnect: true } });
  const refused = await world({ refresh_token: "r" });
  expect(await refused.ask(1, 1)).toMatchObject({ problem: { reconnect: true } });
  for (const { told } of [ended, refused]) expect(told.states).toEqual(["needs_reconnect"]);
});

test("a token that an isolate remembers is not used for what the connection was changed to", async () => {
  const { told, object, newToken, ask } = await world({});
  await ask(1);
  await ask(1);
  expect(told.asks, "it is remembered").toHaveLength(1);
  object.token = null;
  expect(await ask(2)).toMatchObject({ values: {}, problem: { reconnect: true } });
  object.token = await newToken(5, "of the new address");
  expect(await ask(2)).toMatchObject({ values: { access_token: "of the new address" } });
});

test.each(["before", "after"] as const)(
  "what a provider gave for a refresh token, which is spent, is stored though its object fails %s the first attempt",
  async (when) => {
    const { told, object, ask } = await world({ refresh_token: "r1" });
    object.gives = { access_token: "second", token_type: "bearer", refresh_token: "r2" };
    told.lost[when] = 1;
    expect(await ask(1, 1)).toMatchObject({ values: { access_token: "second" }, tokenVersion: 2 });
    expect(object.token).toMatchObject({ version: 2 });
    expect(told).toMatchObject({ sent: 1, stored: 2 });
  },
);

test("what comes of a renewal after its connection was changed says nothing of what it was changed to", async () => {
  const { told, ask } = await world({ refresh_token: "r" });
  told.leaseIsOver = true;
  expect(await ask(1, 1)).toMatchObject({ problem: { reconnect: false } });
  expect(told).toMatchObject({ sent: 1, states: [] });
});
