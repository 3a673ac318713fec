import { expect, test } from "vitest";
import { OAuthClient } from "./oauth-client.ts";
import type { OAuthSettings } from "./oauth-settings.ts";

/* A client against answers that the test writes, of a provider whose name for itself lies under a path. */

const ISSUER = "https://idp.example.org/realms/acme";
const JSON_TYPE = { "content-type": "application/json" };

type Answers = Record<string, (body: string) => Response>;

function clientOf(answers: Answers, more: Partial<OAuthSettings> = {}) {
  const asked: string[] = [];
  const settings: OAuthSettings = {
    flow: "authorization_code",
    authorizationUrl: `${ISSUER}/auth`,
    tokenUrl: `${ISSUER}/token`,
    scopes: ["openid"],
    clientAuth: "post",
    parameters: {},
    clientId: "app",
    clientSecret: "s",
    ...more,
  };
  const send = async (to: Parameters<typeof fetch>[0], init?: RequestInit): Promise<Response> => {
    const { pathname } = new URL(String(to));
    asked.push(pathname);
    return answers[pathname]?.(String(init?.body)) ?? new Response("{}", { status: 404, headers: JSON_TYPE });
  };
  return { client: new OAuthClient(settings, { policy: {}, fetch: send }), asked };
}

const json = (body: object) => () => new Response(JSON.stringify(body), { headers: JSON_TYPE });

/** An id token as `issuer` would give it; its signature is nobody's. */
function idToken(issuer: string): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const now = Math.floor(Date.now() / 1_000);
  return `${part({ alg: "RS256" })}.${part({ iss: issuer, aud: "app", sub: "u", iat: now, exp: now + 60 })}.c2ln`;
}

function trade(client: OAuthClient, iss?: string) {
  const params = new URLSearchParams({ code: "c", state: "st", ...(iss === undefined ? {} : { iss }) });
  return client.trade({
    params,
    state: "st",
    redirectUri: "https://platform.example.com/oauth/callback",
    verifier: "v".repeat(43),
  });
}

const token = (issuer: string) => ({
  access_token: "a",
  token_type: "bearer",
  refresh_token: "r",
  id_token: idToken(issuer),
});

test("a provider that says its name, under a path, is no other than the one whose addresses alone were given", async () => {
  const { client } = clientOf({ "/realms/acme/token": json(token(ISSUER)) });
  expect(await trade(client, ISSUER)).toEqual({ ok: true, token: { access_token: "a", refresh_token: "r" } });
  expect(await client.refresh("r")).toMatchObject({ ok: true });
});

test("where the provider's name is configured, another one's answer and another one's id token are refused", async () => {
  const { client } = clientOf({ "/realms/acme/token": json(token(ISSUER)) }, { issuer: ISSUER });
  expect(await trade(client, ISSUER)).toMatchObject({ ok: true });
  expect(await trade(client, "https://evil.example.com")).toMatchObject({ ok: false });
  const other = clientOf({ "/realms/acme/token": json(token("https://evil.example.com")) }, { issuer: ISSUER });
  expect(await trade(other.client, ISSUER)).toMatchObject({ ok: false });
});

/** A body that would go on to 64 MiB, and how many of its bytes were taken. */
function endless(status = 200): { taken: () => number; answer: () => Response } {
  let taken = 0;
  const part = new TextEncoder().encode(`"${"x".repeat(65_534)}`);
  const pull = (controller: ReadableStreamDefaultController<Uint8Array>): void => {
    taken += part.byteLength;
    if (taken > 67_108_864) controller.close();
    else controller.enqueue(part);
  };
  return {
    taken: () => taken,
    answer: () => new Response(new ReadableStream({ pull }), { status, headers: JSON_TYPE }),
  };
}

test.each([200, 400])(
  "a token endpoint that answers %i without end is read for 1 MiB and no further",
  async (status) => {
    const { taken, answer } = endless(status);
    const { client } = clientOf({ "/realms/acme/token": answer });
    expect(await trade(client)).toEqual({
      ok: false,
      lost: false,
      message: "The provider's answer cannot be used: its answer is larger than 1 MiB",
    });
    expect(taken()).toBeLessThan(2 * 1_048_576);
  },
);

test("discovery and revocation without end are read for 1 MiB and no further", async () => {
  const found = endless();
  const looking = clientOf(
    { "/realms/acme/.well-known/openid-configuration": found.answer },
    { issuer: ISSUER, tokenUrl: undefined as never, authorizationUrl: undefined as never },
  );
  await expect(looking.client.issuer()).rejects.toThrow("larger than 1 MiB");
  const revoked = endless(400);
  const { client } = clientOf({ "/revoke": revoked.answer }, { revocationUrl: "https://idp.example.org/revoke" });
  expect(await client.revoke("a")).toBe(false);
  expect(Math.max(found.taken(), revoked.taken())).toBeLessThan(2 * 1_048_576);
});

test("a provider whose addresses were given, but not that for revocation, is asked for it when something is revoked", async () => {
  const sent: string[] = [];
  const answers: Answers = {
    "/realms/acme/token": json({ access_token: "a", token_type: "bearer" }),
    "/realms/acme/.well-known/openid-configuration": json({
      issuer: ISSUER,
      token_endpoint: "https://idp.example.org/another-token",
      revocation_endpoint: "https://idp.example.org/revoke",
    }),
    "/revoke": (body) => {
      sent.push(body);
      return new Response(null, { status: 200 });
    },
  };
  const { client, asked } = clientOf(answers, { issuer: ISSUER });
  expect(await trade(client)).toMatchObject({ ok: true });
  expect(asked, "nothing is looked up for a grant").toEqual(["/realms/acme/token"]);
  expect(await client.revoke("the-token")).toBe(true);
  expect(sent).toEqual([expect.stringContaining("token=the-token")]);
  const silent = clientOf(
    { "/realms/acme/token": json({ access_token: "a", token_type: "bearer" }) },
    { issuer: ISSUER },
  );
  expect(await silent.client.revoke("a")).toBe(false);
});

test("a token of a kind that is not known is not called a provider that cannot be reached", async () => {
  const { client } = clientOf({ "/realms/acme/token": json({ access_token: "a", token_type: "mac" }) });
  expect(await trade(client)).toEqual({
    ok: false,
    lost: false,
    message: "The provider's answer cannot be used: its token is of a kind that is not known here",
  });
});

test("an answer with a token is good whatever else stands in it", async () => {
  const { client } = clientOf({
    "/realms/acme/token": json({ access_token: "a", token_type: "bearer", error: "odd" }),
  });
  expect(await trade(client)).toMatchObject({ ok: true });
});

test("tokens are renewed where the provider says that it renews, and traded where it trades", async () => {
  const answers = { "/realms/acme/token": json(token(ISSUER)), "/realms/acme/renew": json(token(ISSUER)) };
  const { client, asked } = clientOf(answers, { refreshUrl: `${ISSUER}/renew` });
  expect(await trade(client)).toMatchObject({ ok: true });
  expect(await client.refresh("r")).toMatchObject({ ok: true });
  expect(asked).toEqual(["/realms/acme/token", "/realms/acme/renew"]);
});
