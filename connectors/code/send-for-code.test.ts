import { describe, expect, test } from "vitest";
import type { OpenConnection } from "../auth/credentials.ts";
import type { WantedConnection } from "../wanted-connection.ts";
import { prepareForCode } from "./prepare-for-code.ts";
import { type CodeReach, sendForCode, type SendDeps } from "./send-for-code.ts";

const REACH: CodeReach = {
  connector: "acme/me",
  auth: { type: "OAUTH2" },
  hosts: ["connection", "api.acme.dev", "*.other.dev"],
  handles: [],
  callHeaders: [["x-smartify-step", "s"]],
  timeoutMs: 1_000,
};

function oauth(version: number, more: Partial<OpenConnection> = {}): OpenConnection {
  return {
    id: "con_1",
    type: "OAUTH2",
    config: { base_url: "https://api.acme.dev/v1" },
    values: { access_token: `token-number-${version}` },
    tokenVersion: version,
    ...more,
  };
}

/** A world with one connection; `answer` says what a service does with a request. */
function world(
  connections: (query: WantedConnection) => OpenConnection | null,
  answer: (url: string, headers: Headers) => Response,
) {
  const asked: WantedConnection[] = [];
  const sent: { url: string; authorization: string | null; step: string | null }[] = [];
  const deps: SendDeps = {
    findConnection: async (query) => {
      asked.push(query);
      return connections(query);
    },
    connectLink: async ({ connectionId }) => `https://here.test/connect/${connectionId ?? "new"}`,
    secrets: async () => ({}),
    policy: {},
    fetch: async (target, init) => {
      const headers = new Headers(init?.headers);
      sent.push({
        url: String(target),
        authorization: headers.get("authorization"),
        step: headers.get("x-smartify-step"),
      });
      return answer(String(target), headers);
    },
    now: () => 1_000,
  };
  return { deps, asked, sent };
}

const request = (url: string) => ({ url, method: "GET", headers: new Headers(), body: null });
const byToken = (good: string) => (_: string, headers: Headers) =>
  new Response(headers.get("authorization"), { status: headers.get("authorization") === `Bearer ${good}` ? 200 : 401 });

describe("a token that is refused", () => {
  test("is renewed once, by its version, and the request sent again; the code sees the second answer alone", async () => {
    const { deps, asked, sent } = world(({ stale }) => oauth(stale === 1 ? 2 : 1), byToken("token-number-2"));
    const answer = await sendForCode(request("https://connection.invalid/me"), REACH, deps);
    expect(answer).toMatchObject({ ok: true, status: 200, host: "api.acme.dev" });
    expect(asked).toEqual([{ connector: "acme/me" }, { connector: "acme/me", stale: 1 }]);
    expect(sent.map(({ authorization }) => authorization)).toEqual(["Bearer token-number-1", "Bearer token-number-2"]);
    expect(sent[1]).toMatchObject({ url: "https://api.acme.dev/v1/me", step: "s" });
    // What the service gave back of both tokens is masked.
    expect(new TextDecoder().decode(answer.ok ? answer.body : new Uint8Array())).not.toContain("token-number");
    const once = await sendForCode(
      request("https://api.acme.dev/x"),
      REACH,
      world(() => oauth(1), byToken("token-number-1")).deps,
    );
    expect(answer.sentBytes, "both are counted").toBeGreaterThan(once.sentBytes * 1.5);
  });

  test("is not that of another connection that took its place, also where that has the same version", async () => {
    const other = { id: "con_other", values: { access_token: "token-number-2" } };
    const { deps, sent } = world(({ stale }) => oauth(1, stale === 1 ? other : {}), byToken("token-number-2"));
    expect(await sendForCode(request("https://api.acme.dev/x"), REACH, deps)).toMatchObject({ ok: true, status: 200 });
    expect(sent).toHaveLength(2);
  });

  test("a second time is the code's to see", async () => {
    const { deps, sent } = world(({ stale }) => oauth(stale === 1 ? 2 : 1), byToken("none"));
    expect(await sendForCode(request("https://api.acme.dev/x"), REACH, deps)).toMatchObject({ ok: true, status: 401 });
    expect(sent).toHaveLength(2);
  });

  test("where no credential was sent, or it cannot be renewed, is not tried again", async () => {
    const other = world(() => oauth(1), byToken("none"));
    expect(await sendForCode(request("https://x.other.dev/"), REACH, other.deps)).toMatchObject({ status: 401 });
    expect(other.sent).toEqual([{ url: "https://x.other.dev/", authorization: null, step: "s" }]);
    const bearer = world(
      () => ({ id: "c", type: "BEARER", config: {}, values: { token: "t0ken-of-old" } }),
      byToken("no"),
    );
    expect(await sendForCode(request("https://api.acme.dev/"), REACH, bearer.deps)).toMatchObject({ status: 401 });
    expect(bearer.sent).toHaveLength(1);
  });
});

test("the credential of an https connection never goes out over plain http, nor to another port", async () => {
  const policy = { developmentHosts: { "api.acme.dev": "127.0.0.1:1", "api.acme.dev:8443": "127.0.0.1:2" } };
  for (const url of ["http://api.acme.dev/v1/me", "https://api.acme.dev:8443/v1/me"]) {
    const { deps, sent } = world(() => oauth(1), byToken("token-number-1"));
    await sendForCode(request(url), { ...REACH, hosts: ["connection"] }, { ...deps, policy });
    expect(
      sent.map(({ authorization }) => authorization),
      url,
    ).toEqual([null]);
  }
});

describe("the credential of a connection without a base URL", () => {
  const placeless = () => oauth(1, { config: {} });
  const carried = async (url: string, reach: Partial<CodeReach>, policy: SendDeps["policy"] = {}) => {
    const { deps, sent } = world(placeless, byToken("token-number-1"));
    await sendForCode(request(url), { ...REACH, ...reach }, { ...deps, policy });
    return sent.map(({ authorization }) => authorization);
  };
  const token = "Bearer token-number-1";

  test("goes to the connector's base URL, and to no other of its hosts", async () => {
    const reach = { hosts: ["api.acme.dev", "metrics.other.dev"], baseUrl: "https://api.acme.dev/v1" };
    expect(await carried("https://api.acme.dev/v2", reach)).toEqual([token]);
    for (const url of ["https://metrics.other.dev/", "http://api.acme.dev/", "https://api.acme.dev:8443/"])
      expect([url, ...(await carried(url, reach))]).toEqual([url, null]);
  });

  test("goes to the only host that is declared, by https; to none of several", async () => {
    expect(await carried("https://api.acme.dev/", { hosts: ["api.acme.dev"] })).toEqual([token]);
    expect(await carried("https://shop.other.dev/", { hosts: ["*.other.dev"] })).toEqual([token]);
    for (const url of ["http://api.acme.dev/", "https://api.acme.dev:8443/"])
      expect([url, ...(await carried(url, { hosts: ["api.acme.dev"] }))]).toEqual([url, null]);
    expect(await carried("https://api.acme.dev/", { hosts: ["api.acme.dev", "metrics.other.dev"] })).toEqual([null]);
    expect(await carried("https://api.acme.dev/", { hosts: ["connection", "api.acme.dev"] })).toEqual([null]);
    const policy = { developmentHosts: { "api.test:8080": "127.0.0.1:1" } };
    expect(await carried("http://api.test:8080/", { hosts: ["api.test"] }, policy)).toEqual([token]);
  });
});

describe("a connection that cannot be used", () => {
  const problem = { message: "The connection me cannot be used: its grant has ended", reconnect: true };
  const ended = ({ stale }: WantedConnection) => oauth(1, stale === undefined ? {} : { problem });

  test("any more says so as declarative actions do, with a link where the step waits", async () => {
    const { deps, sent } = world(ended, byToken("none"));
    const answer = await sendForCode(request("https://api.acme.dev/"), { ...REACH, connectionWaitMs: 60_000 }, deps);
    expect(answer).toMatchObject({
      ok: false,
      message: problem.message,
      failed: {
        permanent: true,
        error: {
          code: "UNAVAILABLE",
          details: { reason: "connection", connection_id: "con_1", connect_url: "https://here.test/connect/con_1" },
        },
      },
    });
    expect(sent).toHaveLength(1);
    const plain = await sendForCode(request("https://api.acme.dev/"), REACH, world(ended, byToken("none")).deps);
    expect(JSON.stringify(plain)).not.toContain("connect_url");
  });

  test("and is gone by then, too", async () => {
    const { deps } = world(({ stale }) => (stale === undefined ? oauth(1) : null), byToken("none"));
    expect(await sendForCode(request("https://api.acme.dev/"), REACH, deps)).toMatchObject({
      ok: false,
      failed: { error: { code: "UNAVAILABLE", details: { reason: "connection", connector: "acme/me" } } },
    });
  });

  test.each([
    { when: "before the request", failsAt: undefined },
    { when: "after it was refused", failsAt: 1 },
  ])("because it cannot be looked up $when makes the step try again", async ({ failsAt }) => {
    const { deps } = world(({ stale }) => {
      if (stale === failsAt) throw new Error("a row that is secret to us cannot be read");
      return oauth(1);
    }, byToken("none"));
    const answer = await sendForCode(request("https://api.acme.dev/"), REACH, deps);
    expect(answer).toMatchObject({
      ok: false,
      failed: { ok: false, error: { code: "UNAVAILABLE", details: { reason: "lookup" } } },
    });
    expect(answer).not.toHaveProperty("failed.permanent");
    expect(JSON.stringify(answer)).not.toContain("secret to us");
  });

  test("or whose secrets cannot be looked up now does so, too", async () => {
    const { deps, sent } = world(() => null, byToken("none"));
    const handles = [{ handle: "h", name: "KEY", positions: ["header"], hosts: ["api.acme.dev"] }];
    const noSecrets = { ...deps, secrets: () => Promise.reject(new Error("the store is away")) };
    const answer = await sendForCode(request("https://api.acme.dev/"), { ...REACH, handles }, noSecrets);
    expect(answer).toMatchObject({
      ok: false,
      failed: { error: { code: "UNAVAILABLE", details: { reason: "lookup" } } },
    });
    expect(sent).toEqual([]);
  });

  test("or is missing is said before any code runs", async () => {
    const deps = { ...world(() => null, byToken("")).deps, env: async () => ({}) };
    const wish = { needsConnection: true, env: [] };
    expect(await prepareForCode({ ...REACH, connectionWaitMs: 9 }, wish, deps)).toMatchObject({
      ok: false,
      error: { code: "UNAVAILABLE", details: { reason: "connection", connect_url: "https://here.test/connect/new" } },
    });
    expect(await prepareForCode(REACH, { needsConnection: false, env: [] }, deps)).toEqual({
      ok: true,
      connection: null,
      env: {},
    });
    const unsure = { ...deps, findConnection: () => Promise.reject(new Error("secret of the store")) };
    const failure = await prepareForCode(REACH, wish, unsure);
    expect(failure).toMatchObject({ ok: false, error: { code: "UNAVAILABLE", details: { reason: "lookup" } } });
    expect(JSON.stringify(failure)).not.toContain("secret of the store");
  });

  test("gives the code its config and never its values", async () => {
    const deps = { ...world(() => oauth(1), byToken("")).deps, env: async () => ({ REGION: "eu" }) };
    expect(await prepareForCode(REACH, { needsConnection: true, env: ["REGION"] }, deps)).toEqual({
      ok: true,
      connection: { id: "con_1", config: { base_url: "https://api.acme.dev/v1" } },
      env: { REGION: "eu" },
    });
  });
});

describe("a request leaves only", () => {
  test.each([
    "https://evil.dev/",
    "https://api.acme.dev.evil.dev/",
    "https://other.dev/",
    "https://api.acme.dev@evil.dev/",
    "http://169.254.169.254/",
    "file:///etc/passwd",
    "not a url",
  ])("to declared hosts, not to %s", async (url) => {
    const { deps, sent } = world(() => oauth(1), byToken(""));
    expect(await sendForCode(request(url), REACH, deps)).toMatchObject({ ok: false });
    expect(sent).toEqual([]);
  });

  test("without the headers that are the runtime's, and with those of the call", async () => {
    const { deps, sent } = world(
      () => null,
      () => new Response("ok"),
    );
    const headers = new Headers({ "x-smartify-step": "forged", "x-own": "1" });
    await sendForCode({ ...request("https://api.acme.dev/"), headers }, REACH, deps);
    expect(sent).toMatchObject([{ step: "s" }]);
  });
});
