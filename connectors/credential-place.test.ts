import { describe, expect, test } from "vitest";
import type { OpenConnection } from "./auth/credentials.ts";
import { FIRST_PARTY } from "./first-party/all-connectors.ts";
import { originIsWritten } from "./handlers/http/render-url.ts";
import { pinAction } from "./manifest/pin-action.ts";
import type { Json } from "../engine/json.ts";
import { invokeAction } from "./invoke.ts";
import { callOf, depsOf, direct, httpCall, identity, invoke, json, type Sent, type World } from "./testing/world.ts";

/* Where a connection's credential goes: decision 0036. */

const placed: OpenConnection = {
  id: "con_1",
  type: "BEARER",
  config: { base_url: "https://api.acme.dev/v1" },
  values: { token: "tok-of-acme" },
};
const placeless: OpenConnection = { ...placed, config: {} };
const BEARER = "{type: bearer}";

type Call = Parameters<typeof invoke>[0];
const carriedBy = async (call: Call, connection: OpenConnection, more: World = {}) => {
  const { result, sent } = await invoke(call, { ...more, connection });
  return { result, tokens: sent.map(({ headers }) => headers.authorization) };
};
const refusal = { ok: false, error: { code: "FORBIDDEN", details: { reason: "credential", connection_id: "con_1" } } };

describe("a URL that comes with the input", () => {
  const get = (url: string, connection?: Json): Call => ({
    ...httpCall("get", { url }),
    ...(connection === undefined ? {} : { connection }),
  });

  test("gets the credential at the origin of the base URL alone; elsewhere the call goes without", async () => {
    expect((await carriedBy(get("https://api.acme.dev/v2/me"), placed)).tokens).toEqual(["Bearer tok-of-acme"]);
    for (const url of [
      "https://evil.dev/",
      "http://api.acme.dev/",
      "https://api.acme.dev:8443/",
      "https://api.acme.dev.evil.dev/",
      "https://api.acme.dev@evil.dev/",
    ]) {
      const { result, tokens } = await carriedBy(get(url), placed);
      expect([url, ...tokens.filter((token) => token !== undefined)]).toEqual([url]);
      if (!url.includes("@")) expect([url, result.ok]).toEqual([url, true]);
    }
  });

  test("gets that of a connection without a base URL where the step names it", async () => {
    expect((await carriedBy(get("https://any.dev/"), placeless)).tokens).toEqual([undefined]);
    expect((await carriedBy(get("https://any.dev/", "mine"), placeless)).tokens).toEqual(["Bearer tok-of-acme"]);
    expect((await carriedBy(get("https://any.dev/", { end_user: "ada" }), placeless)).tokens).toEqual([
      "Bearer tok-of-acme",
    ]);
  });

  test("fails elsewhere where the step names the connection, or the connector needs one, and nothing is sent", async () => {
    const named = await carriedBy(get("https://evil.dev/", "mine"), placed);
    expect(named).toMatchObject({ result: refusal, tokens: [] });
    expect(JSON.stringify(named.result)).toContain("https://api.acme.dev");
    const needed = callOf(direct("${input.url}"), { url: "https://evil.dev/" }, { auth: BEARER });
    for (const connection of [placed, placeless])
      expect(await carriedBy(needed, connection)).toMatchObject({ result: refusal, tokens: [] });
    const own = callOf(direct("${input.url}"), { url: "https://api.acme.dev/x" }, { auth: BEARER });
    expect((await carriedBy(own, placed)).tokens).toEqual(["Bearer tok-of-acme"]);
    const relative = callOf(direct("${input.path}"), { path: "/me" }, { auth: BEARER });
    expect((await carriedBy(relative, placed)).tokens).toEqual(["Bearer tok-of-acme"]);
  });
});

describe("a token that is refused with 401", () => {
  /** With a connection whose token is renewed to `tok-2`: which tokens were sent, and which connections asked for. */
  const renewing = async (call: Call, more: World = {}, renewed: Partial<OpenConnection> = {}) => {
    const sent: Sent[] = [];
    const asked: (number | undefined)[] = [];
    const answer = ({ headers }: Sent) => json({}, { status: headers.authorization === "Bearer tok-2" ? 200 : 401 });
    const result = await invokeAction(call, identity, {
      ...depsOf({ answer, ...more }, sent),
      findConnection: async ({ stale }) => {
        asked.push(stale);
        const version = stale === undefined ? 1 : 2;
        const found = { ...placed, type: "OAUTH2", values: { access_token: `tok-${version}` }, tokenVersion: version };
        return stale === undefined ? found : { ...found, ...renewed };
      },
    });
    return { result, asked, tokens: sent.map(({ headers }) => headers.authorization) };
  };

  test("is renewed once, also where the handler expects a 401", async () => {
    for (const rest of ["", ", response: {status: [401]}", ", response: {status: [401], extract: $.a}"]) {
      const call = callOf(direct("/me", rest), {}, { auth: "{type: oauth2}" });
      expect(await renewing(call)).toMatchObject({
        result: { ok: true },
        asked: [undefined, 1],
        tokens: ["Bearer tok-1", "Bearer tok-2"],
      });
    }
    const expected = callOf(direct("/me", ", response: {status: [401]}"), {}, { auth: "{type: oauth2}" });
    const never = await renewing(expected, { answer: () => json({}, { status: 401 }) });
    expect(never).toMatchObject({ result: { ok: true, output: { status: 401 } }, asked: [undefined, 1] });
  });

  test("is tried again with that of another connection that took its place, also where that has the same version", async () => {
    const call = callOf(direct("/me"), {}, { auth: "{type: oauth2}" });
    expect((await renewing(call, {}, { tokenVersion: 1 })).tokens, "there is no other token").toEqual(["Bearer tok-1"]);
    expect(await renewing(call, {}, { id: "con_other", tokenVersion: 1 })).toMatchObject({
      result: { ok: true },
      tokens: ["Bearer tok-1", "Bearer tok-2"],
    });
  });

  test("by somebody that it is not for is not renewed", async () => {
    const stranger = await renewing(httpCall("get", { url: "https://other.dev/" }));
    expect(stranger).toMatchObject({ result: { ok: false }, asked: [undefined], tokens: [undefined] });
    const redirected = await renewing(callOf(direct("/me"), {}, { auth: "{type: oauth2}" }), {
      answer: ({ url }) =>
        url.includes("other.dev")
          ? json({}, { status: 401 })
          : new Response(null, { status: 302, headers: { location: "https://other.dev/" } }),
    });
    expect(redirected).toMatchObject({
      result: { ok: false },
      asked: [undefined],
      tokens: ["Bearer tok-1", undefined],
    });
  });
});

describe("a place that the connector writes", () => {
  test("gets the credential without a base URL and without being named", async () => {
    for (const url of ["https://api.acme.dev/{x}", "https://{x}.acme.dev/me", "https://api.acme.dev/me"])
      expect((await carriedBy(callOf(direct(url), { x: "a" }, { auth: BEARER }), placeless)).tokens).toEqual([
        "Bearer tok-of-acme",
      ]);
  });

  test("is an origin, or a domain, that nothing of the input leads elsewhere", () => {
    const written = [
      "",
      "https://a.dev/x",
      "https://a.dev/{x}?q=${input.y}",
      "https://a.dev?x=${input.x}",
      "https://{shop}.shops.dev/admin",
      "https://${input.shop}.shops.dev:8443/admin/{id}",
      "${env.BASE}/x/{id}",
      "${connection.base_url}/x",
      "https://${env.HOST}/{id}",
    ];
    const filled = [
      "${input.url}",
      "{{ input.url }}",
      "{url}",
      "https://{host}/",
      "https://${input.host}",
      "https://{a}.com/",
      "https://api.{domain}/",
      "https://a.dev{x}/",
      "https://a.dev:{port}/",
      "https://{user}@a.dev/",
      "https:{x}",
      "${connection.base_url}${input.x}",
      "https://{a}.shops.dev{b}/",
    ];
    expect(written.filter((template) => !originIsWritten(template))).toEqual([]);
    expect(filled.filter(originIsWritten)).toEqual([]);
  });
});

test("webhooks carry no credential to where a message is sent, and S3 is signed at its own address", async () => {
  const call = (name: string, action: string, input: Json): Call => {
    const manifest = FIRST_PARTY.find((it) => it.name === name);
    const pinned = manifest && pinAction(manifest, action);
    if (pinned === undefined) throw new Error("no such action");
    return { ...httpCall("get", input), action: pinned };
  };
  const post = call("webhook", "post", { url: "https://evil.dev/", payload: {} });
  expect((await carriedBy(post, placeless)).tokens).toEqual([undefined]);
  const aws = { type: "AWS_SIGV4", values: { access_key_id: "AKIDEXAMPLE", secret_access_key: "s3cr3t-of-aws" } };
  const read = call("s3", "get_object", { bucket: "bucket", key: "a/b" });
  const configs: OpenConnection["config"][] = [{ region: "eu-west-1" }, { base_url: "https://minio.dev", region: "x" }];
  for (const config of configs)
    expect((await carriedBy(read, { id: "c", config, ...aws })).tokens).toMatchObject([
      expect.stringMatching(/^AWS4-HMAC/),
    ]);
});
