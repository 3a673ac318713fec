import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { OAuthClient } from "../../connectors/oauth/oauth-client.ts";
import { readOAuthSettings } from "../../connectors/oauth/oauth-settings.ts";
import { startSlackAndGithub } from "./slack-and-github.ts";

/* Providers that people name first, and that do not do as RFC 6749 says. */

let providers: Awaited<ReturnType<typeof startSlackAndGithub>>;
beforeAll(async () => {
  providers = await startSlackAndGithub();
});
afterAll(() => providers.close());

/** As the guide has their connections. */
const VALUES = {
  slack: {
    authorization_url: "http://slack.test/oauth/v2/authorize",
    token_url: "http://slack.test/api/oauth.v2.access",
    client_auth: "post",
  },
  github: {
    authorization_url: "http://github.test/login/oauth/authorize",
    token_url: "http://github.test/login/oauth/access_token",
    client_auth: "post",
  },
};

function clientOf(which: keyof typeof VALUES, secret = providers.client.secret): OAuthClient {
  const read = readOAuthSettings({ client_id: providers.client.id, ...VALUES[which] }, { client_secret: secret });
  if (!read.ok) throw new Error(read.message);
  const developmentHosts = { "slack.test": providers.address, "github.test": providers.address };
  return new OAuthClient(read.settings, {
    policy: { developmentHosts },
    fetch,
  });
}

function trade(client: OAuthClient, code = "good-code") {
  const params = new URLSearchParams({ code, state: "st" });
  const redirectUri = "https://platform.example.com/oauth/callback";
  return client.trade({ params, state: "st", redirectUri, verifier: "v".repeat(43) });
}

describe.each([
  ["slack", "xoxe.xoxb-1-", "invalid_code", "invalid_refresh_token", "bad_client_secret"],
  ["github", "ghu_", "bad_verification_code", "bad_refresh_token", "incorrect_client_credentials"],
] as const)("%s", (which, token, badCode, badRefresh, badSecret) => {
  test("gives a token for a code, and another for its refresh token", async () => {
    const client = clientOf(which);
    const first = await trade(client);
    expect(first).toMatchObject({ ok: true, token: { access_token: expect.stringContaining(token) } });
    const refresh = first.ok ? (first.token.refresh_token ?? "") : "";
    expect(await client.refresh(refresh)).toMatchObject({
      ok: true,
      token: { access_token: expect.stringContaining(token), refresh_token: expect.not.stringMatching(refresh) },
    });
  });

  test("refuses with 200: the code of its refusal is told, and one of a refresh token is for good", async () => {
    const client = clientOf(which);
    expect(await trade(client, "another")).toMatchObject({
      ok: false,
      message: `The provider refused with ${badCode}`,
    });
    const first = await trade(client);
    providers.uninstall();
    expect(await client.refresh(first.ok ? (first.token.refresh_token ?? "") : "")).toEqual({
      ok: false,
      lost: true,
      message: `The provider refused with ${badRefresh}`,
    });
    expect(await clientOf(which, "another").refresh("r")).toMatchObject({
      ok: false,
      lost: true,
      message: `The provider refused with ${badSecret}`,
    });
  });
});
