import { describe, expect, test } from "vitest";
import type { Json, JsonObject } from "../engine/json.ts";
import type { OpenConnection } from "./auth/credentials.ts";
import type { InvokeDeps } from "./attempt/invoke-deps.ts";
import { invokeAction } from "./invoke.ts";
import {
  callOf,
  depsOf,
  direct,
  errorOf,
  httpCall,
  identity,
  invoke,
  json,
  type Sent,
  service,
} from "./testing/world.ts";

test("an answer that nests without end is the service's error, said once", async () => {
  const nested = (levels: number) => `${"[".repeat(levels)}${"]".repeat(levels)}`;
  const answer = (text: string) => () => new Response(text, { headers: { "content-type": "application/json" } });
  const call = callOf(direct("https://a.example.com/", ", headers: {A: '${secrets.TOKEN}'}"), {});
  const secrets = { TOKEN: "tok-99887" };
  const refused = await errorOf(call, { secrets, answer: answer(nested(100_000)) });
  expect(refused).toMatchObject({ error: { code: "BACKEND_ERROR", details: { limit: "depth" } }, permanent: true });
  expect((await invoke(call, { secrets, answer: answer(nested(900)) })).result.ok).toBe(true);
});

describe("secrets", () => {
  const secrets = { TOKEN: "s3cret/+token ü" };
  const marked: Json = { $secret: { fn: "concat", args: ["Bearer ", { $secret: { name: "TOKEN" } }] } };

  test("are revealed in marked members at the request and masked in everything that comes back, in every form", async () => {
    const echo = ({ headers }: Sent) => {
      const token = (headers.authorization ?? "").replace("Bearer ", "");
      const forms = [
        token,
        encodeURIComponent(token),
        Buffer.from(token).toString("base64"),
        Buffer.from(`ab${token}`).toString("base64"),
        Buffer.from(token).toString("hex"),
        JSON.stringify({ [token]: token }),
      ];
      return json({ forms, [token]: 1 });
    };
    const ascii = { TOKEN: "s3cret/+token=" };
    const { result, first } = await invoke(
      httpCall("get", { url: "https://a.example.com/", headers: { Authorization: marked } }),
      { secrets: ascii, answer: echo },
    );
    expect(first.headers.authorization).toBe("Bearer s3cret/+token=");
    expect(result.ok).toBe(true);
    const text = JSON.stringify(result);
    for (const part of [
      "s3cret",
      encodeURIComponent("s3cret/+token="),
      "czNjcmV0LyttokZW4".slice(0, 8),
      Buffer.from("s3cret/").toString("hex"),
    ])
      expect(text).not.toContain(part);
    expect(text).toContain("***");
  });

  test("are masked when a function of them comes back, whole or in part", async () => {
    const upper: Json = { $secret: { fn: "upper", args: [{ $secret: { name: "TOKEN" } }] } };
    const encoded: Json = { $secret: { fn: "base64", args: [upper] } };
    const { result, first } = await invoke(
      httpCall("get", { url: "https://a.example.com/", headers: { A: upper, B: encoded } }),
      {
        secrets: { TOKEN: "s3cret-token-1" },
        answer: ({ headers }) => json({ a: headers.a ?? "", b: headers.b ?? "" }),
      },
    );
    expect(first.headers.b).toBe(Buffer.from("S3CRET-TOKEN-1").toString("base64"));
    expect(result).toMatchObject({ ok: true, output: { body: { a: "***", b: "***" } } });
  });

  test("are masked in errors of services", async () => {
    const call = callOf("{url: 'https://a.example.com/', method: GET, headers: {A: '${secrets.TOKEN}'}}", {});
    const { error } = await errorOf(call, {
      secrets: { TOKEN: "tok-99887" },
      answer: ({ headers }) =>
        json({ denied: headers.a ?? "" }, { status: 401, headers: { "content-type": "application/json" } }),
    });
    expect(JSON.stringify(error)).not.toContain("tok-99887");
    expect(error.details).toEqual({ status: 401, body: { denied: "***" } });
  });

  test("are masked before an error's quotation is cut, so that no part of one is left at its end", async () => {
    const token = "tok-99887-abcdef";
    const call = callOf("{url: 'https://a.example.com/', method: GET, headers: {A: '${secrets.TOKEN}'}}", {});
    const envelope = callOf(`{url: 'http://svc:8000/execute', method: POST, headers: {A: '\${secrets.TOKEN}'}}`, {});
    for (let kept = 1; kept < token.length; kept += 1) {
      const cut = "p".repeat(2_000 - kept) + token;
      const plain = new Response(cut, { status: 500 });
      const { error } = await errorOf(call, { secrets: { TOKEN: token }, answer: () => plain });
      const said = json({ status: "error", message: cut, code: `${"c".repeat(200 - kept)}${token}`, details: { cut } });
      const reported = await errorOf(envelope, { secrets: { TOKEN: token }, answer: () => said });
      for (const text of [JSON.stringify(error), JSON.stringify(reported.error)])
        expect(text, `${kept} kept`).not.toMatch(/pt|ct/);
    }
  });

  test("are masked before the name of a content type is cut", async () => {
    const call = callOf(
      `{url: 'https://a.example.com/', method: GET, headers: {A: '\${secrets.TOKEN}'}, response: {type: json}}`,
      {},
    );
    const type = `text/${"p".repeat(90)}tok-99887-abcdef`;
    const { error } = await errorOf(call, {
      secrets: { TOKEN: "tok-99887-abcdef" },
      answer: () => new Response("no", { headers: { "content-type": type } }),
    });
    expect(error).toMatchObject({ details: { reason: "not_json" }, message: expect.stringContaining("ppp***") });
    expect(JSON.stringify(error)).not.toContain("tok-9");
  });

  test("may not stand anywhere else", async () => {
    const { result, sent } = await invoke(httpCall("get", { url: marked }), { secrets });
    expect([result.ok, sent.length]).toEqual([false, 0]);
    expect(result).toMatchObject({ error: { code: "VALIDATION", details: { field: "/url" } } });
  });
});

describe("connections", () => {
  test("leave nothing with another origin that a redirect leads to, however short the credential is", async () => {
    const call = callOf(direct("https://a.example.com/p"), {}, { auth: "{type: CUSTOM_HEADER}" });
    const connection = { id: "c", type: "CUSTOM_HEADER", config: {}, values: { headers: { "x-pin": "123" } } };
    const { sent } = await invoke(call, {
      connection,
      answer: (_sent, count) =>
        count === 1 ? new Response(null, { status: 307, headers: { location: "https://b.example.com/" } }) : json({}),
    });
    expect(sent.map(({ url, headers }) => [url, headers["x-pin"]])).toEqual([
      ["https://a.example.com/p", "123"],
      ["https://b.example.com/", undefined],
    ]);
  });

  const asked = (connection: OpenConnection | null, auth: string) =>
    invoke(callOf(direct("https://a.example.com/p?a=1"), {}, { auth }), { connection });
  const of = (type: string, values: JsonObject, config: JsonObject = {}): OpenConnection => ({
    id: "c",
    type,
    values,
    config,
  });

  test("sign in by every type", async () => {
    expect(
      (await asked(of("API_KEY", { api_key: "k-123" }), "{type: apiKey, in: header, name: X-Key, prefix: Token}")).first
        .headers["x-key"],
    ).toBe("Token k-123");
    expect((await asked(of("API_KEY", { api_key: "k 123" }), "{type: apiKey, in: query, name: key}")).first.url).toBe(
      "https://a.example.com/p?a=1&key=k+123",
    );
    expect(
      (await asked(of("API_KEY", { api_key: "k-123" }, { in: "cookie", name: "sid" }), "{type: apiKey}")).first.headers
        .cookie,
    ).toBe("sid=k-123");
    expect(
      (await asked(of("BASIC", { username: "ü", password: "p:w" }), "{type: basic}")).first.headers.authorization,
    ).toBe(`Basic ${Buffer.from("ü:p:w").toString("base64")}`);
    expect((await asked(of("BEARER", { token: "t" }), "{type: bearer}")).first.headers.authorization).toBe("Bearer t");
    expect(
      (await asked(of("CUSTOM_HEADER", { headers: { "X-A": "1", "X-B": "2" } }), "{type: custom}")).first.headers,
    ).toMatchObject({ "x-a": "1", "x-b": "2" });
  });

  test("have the secrets that they name masked, also where one comes back without what stood around it", async () => {
    const connection = { ...of("BEARER", { token: "Key s3cr3t-part" }), secrets: ["s3cr3t-part"] };
    const { result } = await invoke(callOf(direct("https://a.example.com/"), {}), {
      connection,
      answer: () => json({ part: "s3cr3t-part" }),
    });
    expect(result).toMatchObject({ ok: true, output: { body: { part: "***" } } });
  });

  test("mask what signs in and leave what only says who it is", async () => {
    const echo = async (connection: OpenConnection) => {
      const answer = ({ headers }: Sent) =>
        json(
          { who: [connection.values, headers], user_id: 7, said: "ada@example.com" },
          { headers: { "content-type": "application/json" } },
        );
      const call = callOf(direct("https://a.example.com/"), {}, { auth: "{type: custom}" });
      const { result } = await invoke(call, { connection, answer });
      return JSON.stringify(result);
    };
    const pair = Buffer.from("ada@example.com:pass-of-ada").toString("base64");
    const basic = await echo(of("BASIC", { username: "ada@example.com", password: "pass-of-ada" }));
    expect(basic).toContain('"said":"ada@example.com"');
    for (const secret of ["pass-of-ada", pair, pair.slice(-10)]) expect(basic).not.toContain(secret);
    expect(await echo(of("BASIC", { username: "user", password: "pass-of-user" }))).toContain('"user_id":7');
    // Some take their key as the user name, and no password.
    const keys: JsonObject[] = [{ username: "key-of-ada" }, { username: "key-of-ada", password: "" }];
    for (const values of keys) expect(await echo(of("BASIC", values))).not.toContain("key-of-ada");
    const headers = { accept: "application/json", "x-key": "key-of-ada", "x-other": "other-of-ada" };
    for (const values of [{ headers }, headers]) {
      const custom = await echo(of("CUSTOM_HEADER", values));
      expect(custom).toContain('"content-type":"application/json"');
      expect(custom).not.toContain("-of-ada");
    }
    const aws = { access_key_id: "AKIDEXAMPLE", secret_access_key: "key-of-ada", session_token: "token-of-ada" };
    const signed = await echo(of("AWS_SIGV4", aws, { region: "eu", service: "sns" }));
    expect(signed).toContain('"access_key_id":"AKIDEXAMPLE"');
    expect(signed).not.toContain("-of-ada");
  });

  test("that are missing or of a type that is not here yet say so and send nothing", async () => {
    for (const connection of [null, of("OAUTH2", {}), of("MTLS", {}), of("BEARER", {})]) {
      const { result, sent } = await asked(connection, "{type: bearer}");
      expect(result).toMatchObject({
        ok: false,
        permanent: true,
        error: { code: "UNAVAILABLE", details: { reason: "connection" } },
      });
      expect(sent).toHaveLength(0);
    }
  });
});

describe("the way out", () => {
  test("is closed to what is not public, redirects included", async () => {
    const refused = await invoke(httpCall("get", { url: "http://169.254.169.254/latest" }));
    expect(refused.result).toMatchObject({ error: { code: "FORBIDDEN", details: { reason: "egress" } } });
    // Who tries things out on their own machine is told how.
    expect(refused.result).toMatchObject({ error: { message: expect.stringContaining("SMARTIFY_HOSTS=") } });
    expect(refused.sent).toHaveLength(0);
    const redirected = await invoke(httpCall("get", { url: "https://a.example.com/" }), {
      answer: () => new Response(null, { status: 302, headers: { location: "http://127.0.0.1/" } }),
    });
    expect(redirected.result).toMatchObject({ error: { code: "FORBIDDEN", details: { reason: "egress" } } });
    expect(redirected.sent).toHaveLength(1);
  });

  test("follows at most five redirects and leaves credentials at their origin", async () => {
    const answer = (_: Sent, count: number) =>
      count === 1
        ? new Response(null, { status: 307, headers: { location: "https://b.example.com/x" } })
        : json({ ok: true });
    const headers = { Authorization: "Basic abc", "X-Key": { $secret: { name: "TOKEN" } }, "X-Plain": "p" };
    const { sent } = await invoke(httpCall("get", { url: "https://a.example.com/", headers }), {
      secrets: { TOKEN: "tok-4567" },
      answer,
    });
    expect(sent[0]?.headers).toMatchObject({ authorization: "Basic abc", "x-key": "tok-4567" });
    expect(sent[1]).toMatchObject({ url: "https://b.example.com/x", method: "GET" });
    expect(Object.keys(sent[1]?.headers ?? {})).not.toContain("authorization");
    expect(Object.keys(sent[1]?.headers ?? {})).not.toContain("x-key");
    expect(sent[1]?.headers["x-plain"]).toBe("p");
    const endless = await invoke(httpCall("get", { url: "https://a.example.com/" }), {
      answer: () => new Response(null, { status: 302, headers: { location: "/again" } }),
    });
    expect(endless.sent).toHaveLength(6);
    expect(endless.result).toMatchObject({ error: { code: "BACKEND_ERROR" } });
  });

  test("turns a POST that was seen elsewhere into a GET without its body", async () => {
    const answer = (_: Sent, count: number) =>
      count === 1 ? new Response(null, { status: 303, headers: { location: "/done" } }) : json({});
    const { sent } = await invoke(httpCall("post", { url: "https://a.example.com/", body: { a: 1 } }), { answer });
    expect(sent.map(({ method, body }) => [method, body])).toEqual([
      ["POST", '{"a":1}'],
      ["GET", undefined],
    ]);
  });
});

describe("what goes wrong on the way", () => {
  test("ends in TIMEOUT with both times, the outcome unknown", async () => {
    const call = { ...callOf(direct("https://a.example.com/"), {}), timeoutMs: 30 };
    const result = await errorOf(call, { answer: () => new Promise<Response>(() => undefined) });
    expect(result).toMatchObject({ outcomeUnknown: true, error: { code: "TIMEOUT", details: { timeout_ms: 30 } } });
    expect(Number(result.error.details?.elapsed_ms)).toBeGreaterThanOrEqual(30);
  });

  test("ends in TIMEOUT when a body never ends", async () => {
    const call = { ...callOf(direct("https://a.example.com/"), {}), timeoutMs: 30 };
    const endless = new ReadableStream({
      pull: (controller) => new Promise((next) => setTimeout(() => next(controller.enqueue(new Uint8Array(1))), 5)),
    });
    expect((await errorOf(call, { answer: () => new Response(endless) })).error.code).toBe("TIMEOUT");
  });

  test("is UNAVAILABLE when nothing answers, the outcome known only when no connection came about", async () => {
    const lost = (message: string) =>
      errorOf(callOf(direct("https://a.example.com/"), {}), { answer: () => Promise.reject(new TypeError(message)) });
    expect(await lost("Network connection lost.")).toMatchObject({
      outcomeUnknown: true,
      error: { code: "UNAVAILABLE", details: { backend: "a.example.com" } },
    });
    expect((await lost("connect ECONNREFUSED: Connection refused")).outcomeUnknown).toBeUndefined();
  });

  test("is an error, not a cut, when the answer is too large", async () => {
    const large = new Uint8Array(6 * 1024 * 1024 + 1);
    const declared = await errorOf(callOf(direct("https://a.example.com/"), {}), { answer: () => new Response(large) });
    expect(declared.error).toMatchObject({ code: "PAYLOAD_TOO_LARGE", details: { limit: "payload_bytes" } });
    const fits = await invoke(callOf(direct("https://a.example.com/"), {}), {
      answer: () => new Response(large.subarray(1)),
    });
    expect(fits.result.ok).toBe(true);
  });

  test("never throws when a lookup fails", async () => {
    const broken: InvokeDeps = {
      ...depsOf({}, []),
      findConnection: () => Promise.reject(new Error("boom at /secret/place")),
    };
    const result = await invokeAction(callOf(service, {}), identity, broken);
    expect(result).toMatchObject({ ok: false, error: { code: "UNAVAILABLE" } });
    expect(JSON.stringify(result)).not.toContain("boom");
  });
});
