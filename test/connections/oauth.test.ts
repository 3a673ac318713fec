import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { unfitConnections } from "./unfit-connections.ts";
import { startTestPlatform, type TestPlatform } from "../support/test-platform.ts";
import { startBank } from "./bank.ts";
import { callbackAttacks } from "./callback-attacks.ts";
import { clientCertificates } from "./client-certificates.ts";
import { endedConnections } from "./ended-connections.ts";
import { type EchoService, startEchoService } from "./echo-service.ts";
import { followedClients } from "./followed-clients.ts";
import { linkForms } from "./link-forms.ts";
import { type CanaryServers, startCanaryServers } from "./canary-servers.ts";
import { searchForCanaries, startSink } from "./leak-canaries.ts";
import { namedSecrets } from "./named-secrets.ts";
import { scopedSecrets } from "./scoped-secrets.ts";
import { ME_CONNECTOR } from "./me-connector.ts";
import { browser, freePort, ISSUER, type OAuthProvider, startOAuthProvider } from "./oauth-provider.ts";

/* OAUTH2 connections against a certified provider that rotates refresh tokens and ends a grant when one is used twice. */

const MODULE_OF_CODE = `export async function me() {
  const answer = await fetch("/api/me");
  if (!answer.ok) throw new Error("refused with " + answer.status);
  return { status: answer.status };
}`;

/** Answers as these tests read them. */
interface Shown {
  [member: string]: unknown;
  waiting_for?: { connect_url: string; deadline: string };
}

const LIFE_S = 5;
let idp: OAuthProvider;
let echo: EchoService;
let bank: Awaited<ReturnType<typeof startBank>>;
let sink: Awaited<ReturnType<typeof startSink>>;
let canaries: CanaryServers;
let platform: TestPlatform;
const dataDir = mkdtempSync(join(tmpdir(), "smartify-oauth-"));

beforeAll(async () => {
  const port = await freePort();
  idp = await startOAuthProvider(LIFE_S, `http://127.0.0.1:${port}/oauth/callback`);
  sink = await startSink();
  canaries = await startCanaryServers(() => platform.url);
  bank = await startBank();
  echo = await startEchoService();
  platform = await startTestPlatform({
    services: false,
    dataDir,
    port,
    hosts: {
      "idp.test": idp.address,
      "api.test": idp.address,
      "sink.test": sink.address,
      "canaries.test": canaries.address,
      "gone.test": "127.0.0.1:1",
      "bank.test": bank.address,
      "echo.test": echo.address,
    },
    vars: { CLIENT_CERTIFICATES: bank.certificates },
  });
  const published = await api("POST", "/plugins", ME_CONNECTOR);
  expect(published.status, JSON.stringify(published.body)).toBe(201);
}, 400_000);
afterAll(async () => {
  await platform?.close();
  await idp?.close();
  sink?.close();
  canaries?.close();
  bank?.close();
  echo?.close();
  rmSync(dataDir, { recursive: true, force: true });
});

async function api(method: string, path: string, body?: unknown, key = platform.tenant.apiKey) {
  const response = await fetch(`${platform.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${key}`, ...(body === undefined ? {} : { "content-type": "application/json" }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as Shown };
}

const CLIENT = { client_id: "app", client_secret: "app-s3cr3t-of-client" };

async function create(name: string, more: object = {}, values: object = CLIENT): Promise<string> {
  const made = await api("POST", "/connections", { connector: "acme/me", name, type: "OAUTH2", values, ...more });
  expect(made.status, JSON.stringify(made.body)).toBe(201);
  return String(made.body.id);
}

async function linkOf(id: string): Promise<string> {
  const link = await api("POST", `/connections/${id}/authorize`);
  expect(link.status, JSON.stringify(link.body)).toBe(201);
  return String(link.body.connect_url);
}

/** Consents in a browser of its own, up to the address of the callback. */
async function consent(link: string) {
  const person = browser(idp.address);
  person.stopAt = "/oauth/callback";
  const { url } = await person.go(link, { method: "POST" });
  person.stopAt = undefined;
  return { person, callback: new URL(url) };
}

async function connect(link: string): Promise<void> {
  const { person, callback } = await consent(link);
  const page = await person.go(callback.href);
  expect(page.status, page.text).toBe(200);
}

function workflow(connection: unknown, more: object = {}) {
  return {
    name: "Me",
    steps: [
      { id: "me", connector: "connector:acme/me@1", action: "get", connection, retry: { max_attempts: 1 }, ...more },
    ],
  };
}

async function run(definition: object, inputs: object = {}) {
  const started = await api("POST", "/workflows/executions", { definition, inputs });
  expect(started.status, JSON.stringify(started.body)).toBe(202);
  return (await api("GET", `/workflows/executions/${started.body.execution_id}?wait=50`)).body;
}

const statusOf = async (id: string) => (await api("GET", `/connections/${id}`)).body;

scopedSecrets(
  () => platform,
  () => echo,
);
namedSecrets(
  () => platform,
  () => echo,
);
linkForms(
  () => platform,
  () => echo,
);

describe("an authorization", () => {
  test("connects, is shown without values, and its token is used", async () => {
    const id = await create("first");
    expect(await statusOf(id)).toMatchObject({ status: "pending" });
    await connect(await linkOf(id));
    const shown = await statusOf(id);
    expect(shown).toMatchObject({ status: "connected" });
    expect(JSON.stringify(shown)).not.toContain("s3cr3t");
    const ended = await run(workflow("first"));
    expect(ended, JSON.stringify(ended)).toMatchObject({ status: "completed" });
    // The API echoes its headers: the token stands in none of what is kept.
    for (const token of idp.seen) expect(JSON.stringify(ended)).not.toContain(token);
    expect((await api("POST", `/connections/${id}/test`)).body).toMatchObject({ ok: true, checked: "call" });
  });

  const attacks = callbackAttacks({
    consent: async (id) => consent(await linkOf(id)),
    stranger: () => browser(idp.address),
  });
  test.each(Object.keys(attacks))("is refused %s", async (how) => {
    const attack = attacks[how];
    const page = await attack?.(await create(`refused ${how}`));
    expect(page?.status, page?.text).toBe(403);
  });

  test("needs its verifier: the provider does not trade a code without", async () => {
    const { callback } = await consent(await linkOf(await create("verifier")));
    const body = new URLSearchParams({
      grant_type: "authorization_code",
      code: callback.searchParams.get("code") ?? "",
      redirect_uri: `${platform.url}/oauth/callback`,
    });
    const answer = await fetch(`http://${idp.address}/token`, {
      method: "POST",
      headers: { authorization: `Basic ${btoa("app:app-s3cr3t-of-client")}` },
      body,
    });
    expect(answer.status).toBe(400);
  });

  test("a link works once, looking at it uses nothing up, and another tenant's or an altered one is unknown", async () => {
    const link = await linkOf(await create("links"));
    for (let look = 0; look < 3; look += 1) expect((await fetch(link)).status).toBe(200);
    await connect(link);
    expect((await fetch(link)).status).toBe(409);
    expect((await fetch(link, { method: "POST", redirect: "manual" })).status).toBe(409);
    expect((await fetch(`${link.slice(0, -3)}AAA`)).status).toBe(404);
    const stranger = await platform.newTenant("stranger");
    const own = await create("mine");
    expect((await api("POST", `/connections/${own}/authorize`, undefined, stranger.apiKey)).status).toBe(404);
  });
});

describe("a token", () => {
  test("is renewed once per expiry while 200 steps use it at once, and no refresh token is used twice", async () => {
    await connect(await linkOf(await create("many")));
    const before = { refreshes: idp.granted.refresh_token ?? 0, revoked: idp.revoked };
    const steps = [0, 1, 2].flatMap((wave) => [
      { id: `pause${wave}`, type: "wait", duration: LIFE_S + 0.5 },
      {
        id: `wave${wave}`,
        for_each: "{{ range(67) }}",
        parallel: true,
        connector: "connector:acme/me@1",
        action: "get",
        connection: "many",
        retry: { max_attempts: 1 },
      },
    ]);
    const ended = await run({ name: "Waves", steps });
    expect(ended.status, JSON.stringify(ended.error ?? ended)).toBe("completed");
    expect((idp.granted.refresh_token ?? 0) - before.refreshes).toBe(3);
    expect(idp.revoked - before.revoked).toBe(0);
  }, 60_000);

  test("that the API refuses is renewed once, and the call repeated; a second refusal is the step's", async () => {
    await connect(await linkOf(await create("refused")));
    expect(await run(workflow("refused"))).toMatchObject({ status: "completed" });
    const before = idp.granted.refresh_token ?? 0;
    const tokens = [...idp.seen];
    const last = await idp.provider.AccessToken.find(tokens.at(-1) ?? "");
    await last?.destroy();
    expect(await run(workflow("refused"))).toMatchObject({ status: "completed" });
    expect((idp.granted.refresh_token ?? 0) - before).toBe(1);
  });

  test("whose grant has ended makes the connection need a reconnect, and nobody asks the provider again", async () => {
    const id = await create("ended");
    await connect(await linkOf(id));
    expect(await run(workflow("ended"))).toMatchObject({ status: "completed" });
    const token = await idp.provider.AccessToken.find([...idp.seen].at(-1) ?? "");
    await (await idp.provider.Grant.find(String(token?.grantId)))?.destroy();
    await token?.destroy();
    const failed = await run(workflow("ended"));
    expect(failed).toMatchObject({
      status: "failed",
      error: { code: "UNAVAILABLE", details: { reason: "connection" } },
    });
    expect(await statusOf(id)).toMatchObject({
      status: "needs_reconnect",
      status_reason: expect.stringContaining("invalid_grant"),
    });
    const asked = idp.refused.length;
    expect(await run(workflow("ended"))).toMatchObject({ status: "failed" });
    expect(idp.refused.length).toBe(asked);
    await connect(await linkOf(id));
    expect(await run(workflow("ended"))).toMatchObject({ status: "completed" });
  });

  test("is minted without anybody's consent by client credentials", async () => {
    const id = await create("machine", {}, { ...CLIENT, flow: "client_credentials", scopes: [] });
    expect(await run(workflow("machine"))).toMatchObject({ status: "completed" });
    expect(await statusOf(id)).toMatchObject({ status: "connected", last_used_at: expect.any(String) });
  });

  test("ends at the provider when its connection is deleted", async () => {
    const id = await create("deleted");
    await connect(await linkOf(id));
    const before = idp.revoked;
    expect((await api("DELETE", `/connections/${id}`)).status).toBe(200);
    await vi.waitFor(() => expect(idp.revoked).toBe(before + 1), { timeout: 20_000 });
  });
});

describe("an end user's connection", () => {
  async function until(id: string, record: object) {
    await vi.waitFor(async () => expect((await api("GET", `/workflows/executions/${id}`)).body).toMatchObject(record), {
      timeout: 20_000,
      interval: 100,
    });
  }
  const waiting = workflow(
    { end_user: "{{ inputs.user_id }}" },
    { on_missing_connection: "wait", connection_timeout: "10m" },
  );
  const definition = { ...waiting, inputs: { user_id: { type: "string" } } };

  test("that is missing makes the execution wait with a link, and go on by itself when it is followed", async () => {
    await create("default");
    const started = await api("POST", "/workflows/executions", { definition, inputs: { user_id: "user-17" } });
    const id = String(started.body.execution_id);
    await until(id, {
      status: "waiting",
      waiting_for: { kind: "connection", connector: "acme/me", end_user: "user-17" },
    });
    const { waiting_for } = (await api("GET", `/workflows/executions/${id}`)).body;
    expect(Date.parse(waiting_for?.deadline ?? "")).toBeGreaterThan(Date.now());
    await connect(waiting_for?.connect_url ?? "");
    await until(id, { status: "completed" });
    expect((await api("GET", "/connections?connector=acme/me&end_user=user-17")).body.data).toMatchObject([
      { end_user: "user-17", status: "connected" },
    ]);
    // The connection is there: the next one does not wait, and nobody else may use it.
    expect(await run(definition, { user_id: "user-17" })).toMatchObject({ status: "completed" });
    const other = await api("POST", "/workflows/executions", { definition, inputs: { user_id: "user-18" } });
    await until(String(other.body.execution_id), { status: "waiting", waiting_for: { end_user: "user-18" } });
    await api("POST", `/workflows/executions/${other.body.execution_id}/cancel`, {});
  });

  test("that is missing fails the step at once where the workflow does not say that it waits", async () => {
    const failed = await run({ ...workflow({ end_user: "nobody" }) });
    expect(failed).toMatchObject({
      status: "failed",
      error: { code: "UNAVAILABLE", details: { reason: "connection", end_user: "nobody" } },
    });
    expect(JSON.stringify(failed)).not.toContain("/connect/");
  });

  test("that nobody makes in time fails the step", async () => {
    const step = { on_missing_connection: "wait", connection_timeout: 1 };
    expect(await run(workflow({ end_user: "late" }, step))).toMatchObject({
      status: "failed",
      error: { code: "UNAVAILABLE", details: { reason: "connection" } },
    });
  });
});

followedClients({ api, create, consent, connect, run: (person) => run(workflow({ end_user: person })) });
endedConnections({ api, create, consented: async (id) => connect(await linkOf(id)), connect, run, idpOf: () => idp });
clientCertificates(api);

unfitConnections(api);

test("no credential of any kind stands in a stored byte, an answer, a stream, a delivery, an export or a log, in any writing", async () => {
  const id = await create("canary-oauth");
  await connect(await linkOf(id));
  const found = await searchForCanaries({
    platform,
    dataDir,
    came: sink.came,
    servers: canaries,
    oauth: "canary-oauth",
    more: () => ({
      client: CLIENT.client_secret,
      ...Object.fromEntries([...idp.seen].map((token, at) => [`token ${at}`, token])),
      ...Object.fromEntries(idp.refreshTokens.map((token, at) => [`refresh token ${at}`, token])),
    }),
  });
  expect(idp.refreshTokens.length).toBeGreaterThan(0);
  expect(found).toEqual([]);
  // The search held this process for seconds: sockets that the platform closed meanwhile are noticed now, not by the next request.
  await new Promise((later) => setTimeout(later, 100));
}, 240_000);

describe("a code connector", () => {
  const action = { name: "me", handler: { code: { hosts: ["connection"], module: MODULE_OF_CODE } } };
  const call = (more: object = {}) => ({
    name: "Code",
    steps: [{ id: "me", connector: "connector:acme/code-me", action: "me", retry: { max_attempts: 1 }, ...more }],
    outputs: { status: "{{ steps.me.output.status }}" },
  });

  test("has its token renewed once when it is refused, and waits with a link when its grant has ended", async () => {
    const connector = { type: "connector", kind: "code", name: "code-me", namespace: "acme", version: "1.0.0" };
    const auth = {
      type: "oauth2",
      issuer: ISSUER,
      scopes: ["openid", "offline_access"],
      parameters: { prompt: "consent" },
    };
    expect((await api("POST", "/connectors", { connector, auth, actions: [action] })).status).toBe(201);
    expect(await run(call())).toMatchObject({ status: "failed", error: { details: { reason: "connection" } } });
    const values = { ...CLIENT, base_url: "http://api.test" };
    const id = await create("code", { connector: "acme/code-me" }, values);
    await connect(await linkOf(id));
    const good = { status: "completed", result: { outputs: { status: 200 } } };
    const first = await run(call());
    expect(first, JSON.stringify(first)).toMatchObject(good);
    const before = idp.granted.refresh_token ?? 0;
    await (await idp.provider.AccessToken.find([...idp.seen].at(-1) ?? ""))?.destroy();
    expect(await run(call())).toMatchObject(good);
    expect((idp.granted.refresh_token ?? 0) - before).toBe(1);

    const token = await idp.provider.AccessToken.find([...idp.seen].at(-1) ?? "");
    await (await idp.provider.Grant.find(String(token?.grantId)))?.destroy();
    await token?.destroy();
    const definition = call({ on_missing_connection: "wait", connection_timeout: "10m" });
    const started = await api("POST", "/workflows/executions", { definition });
    const path = `/workflows/executions/${started.body.execution_id}`;
    const waiting = { status: "waiting", waiting_for: { kind: "connection", connector: "acme/code-me" } };
    await vi.waitFor(async () => expect((await api("GET", path)).body).toMatchObject(waiting), { timeout: 20_000 });
    await connect(String((await api("GET", path)).body.waiting_for?.connect_url));
    await vi.waitFor(async () => expect((await api("GET", path)).body).toMatchObject(good), { timeout: 20_000 });
    const all = JSON.stringify((await api("GET", path)).body);
    for (const seen of idp.seen) expect(all).not.toContain(seen);
  }, 60_000);
});
