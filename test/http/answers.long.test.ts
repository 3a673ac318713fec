import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readConnector } from "../../connectors/manifest/read-connector.ts";
import { pinAction } from "../../connectors/manifest/pin-action.ts";
import type { ActionResult } from "../../engine/run/types.ts";
import { claimPort } from "../../scripts/platform/claim-port.ts";
import { type BadServers, startBadServers } from "./bad-server.ts";
import { callOf, type HttpPlugin, startHttpPlugin } from "./http-plugin.ts";

/*
 * Everything that a service can do wrong, done by real servers to the real http plugin Worker (F24 to F29): the code says what it
 * was, the message says who, nothing secret or endless is kept, and the Worker lives on.
 */

const MIB = 1024 * 1024;
let servers: BadServers;
let plugin: HttpPlugin;
let idleBytes: number;

beforeAll(async () => {
  servers = await startBadServers();
  plugin = await startHttpPlugin({
    hosts: {
      "bad:8080": `127.0.0.1:${servers.http}`,
      "raw:8080": `127.0.0.1:${servers.raw}`,
      "secure:8443": `https://127.0.0.1:${servers.tls}`,
      "nobody:8080": `127.0.0.1:${await claimPort(0)}`,
    },
  });
  await plugin.http("get", { url: "http://bad:8080/ok" });
  idleBytes = plugin.memoryBytes();
});
afterAll(async () => {
  await plugin?.stop();
  await servers?.close();
});

type Failure = Extract<ActionResult, { ok: false }>;

function failureOf(result: ActionResult): Failure {
  if (result.ok) throw new Error(`was accepted: ${JSON.stringify(result.output).slice(0, 500)}`);
  return result;
}

const attempt = async (url: string, more = {}, timeoutMs = 10_000) =>
  failureOf(await plugin.http("get", { url, ...more }, timeoutMs));
/** What is the same at each run. */
const said = ({ ok: _ok, error, usage: _, ...rest }: Failure) => {
  const { suggestion: __, elapsed_ms: ___, body: ____, ...details } = error.details ?? {};
  return { code: error.code, message: error.message, details, ...rest };
};
const bad = (path: string) => `http://bad:8080${path}`;
const raw = (path: string) => `http://raw:8080${path}`;

describe("a status of 4xx or 5xx", () => {
  test.for([
    [400, "BACKEND_ERROR"],
    [401, "BACKEND_ERROR"],
    [404, "BACKEND_ERROR"],
    [408, "TIMEOUT"],
    [418, "BACKEND_ERROR"],
    [429, "RATE_LIMITED"],
    [500, "BACKEND_ERROR"],
    [501, "BACKEND_ERROR"],
    [502, "UNAVAILABLE"],
    [503, "UNAVAILABLE"],
    [504, "TIMEOUT"],
  ] as const)("%i is %s, with the beginning of what was said", async ([status, code]) => {
    const { error, outcomeUnknown, retryAfterMs } = await attempt(bad(`/status/${status}`));
    expect(error).toEqual({
      code,
      message: `bad:8080 answered with status ${status}`,
      details: { status, body: { said: "so" } },
    });
    // A gateway that waited in vain does not know what became of the request.
    expect([outcomeUnknown, retryAfterMs]).toEqual([status === 504 ? true : undefined, undefined]);
  });

  test("says when to come again, by seconds and by date", async () => {
    expect(await attempt(bad("/busy"))).toMatchObject({ error: { code: "UNAVAILABLE" }, retryAfterMs: 7_000 });
    const limited = await attempt(bad("/limited"));
    expect(limited.error.code).toBe("RATE_LIMITED");
    expect(limited.retryAfterMs).toBeGreaterThan(80_000);
    expect(limited.retryAfterMs).toBeLessThanOrEqual(90_000);
  });

  test("with a page of 100 KB keeps 2 KB of it", async () => {
    const { error } = await attempt(bad("/htmlerror"));
    expect(error).toMatchObject({ code: "UNAVAILABLE", details: { status: 502 } });
    expect(error.details?.body).toMatch(/^<h1>Bad gateway<\/h1>x+…$/);
    expect(JSON.stringify(error).length).toBeLessThan(2_300);
  });
});

describe("no answer", () => {
  test("where nobody listens, or the connection is reset or closed: nobody knows what was done", async () => {
    for (const [url, host] of [
      ["http://nobody:8080/", "nobody:8080"],
      [bad("/reset"), "bad:8080"],
      [bad("/close"), "bad:8080"],
    ] as const)
      expect(said(await attempt(url)), url).toEqual({
        code: "UNAVAILABLE",
        message: `${host} cannot be reached: it took no connection, or broke it off, or what it answered is no HTTP`,
        details: { backend: host, reason: "connection" },
        outcomeUnknown: true,
      });
  });

  test("where a certificate is nobody's", async () => {
    expect(said(await attempt("https://secure:8443/unseen"))).toEqual({
      code: "UNAVAILABLE",
      message: "secure:8443 cannot be reached: its certificate or its TLS is not accepted",
      details: { backend: "secure:8443", reason: "tls" },
      outcomeUnknown: true,
    });
    expect(servers.seen).not.toContain("/unseen");
  });

  test("where a name does not resolve", async () => {
    expect(said(await attempt("http://nothing.smartify-nowhere.com/", {}, 30_000))).toEqual({
      code: "UNAVAILABLE",
      message: "nothing.smartify-nowhere.com cannot be reached: its name does not resolve",
      details: { backend: "nothing.smartify-nowhere.com", reason: "dns" },
      outcomeUnknown: true,
    });
  });

  test("within the time of the attempt: before the head, or while the body drips", async () => {
    // Neither ever ends by itself: an attempt without a bound would hang, and the test with it.
    expect(said(await attempt(bad("/hang"), {}, 700))).toEqual({
      code: "TIMEOUT",
      message: "bad:8080 did not answer within 700 ms",
      details: { timeout_ms: 700, backend: "bad:8080" },
      outcomeUnknown: true,
    });
    expect(said(await attempt(bad("/slowbody"), {}, 3_000))).toMatchObject({
      code: "TIMEOUT",
      message: "bad:8080 began its answer and did not end it within 3000 ms",
      outcomeUnknown: true,
    });
  });
});

describe("an answer that is none", () => {
  test("a head that is no HTTP, twice a length, a length that is no number, half a head, a flood of headers, one of 4 MiB", async () => {
    for (const path of ["/garbage", "/lengths", "/nolength", "/half", "/headers", "/bigheader"])
      expect(said(await attempt(raw(path))), path).toMatchObject({
        code: "UNAVAILABLE",
        message: expect.stringContaining("raw:8080 cannot be reached"),
        details: { reason: "connection" },
      });
    expect(plugin.memoryBytes() - idleBytes).toBeLessThan(64 * MIB);
  });

  test("a body that breaks off says after how much", async () => {
    expect(said(await attempt(raw("/cut")))).toEqual({
      code: "UNAVAILABLE",
      message: "raw:8080 broke off its answer (status 200) before the end of its 1000 bytes",
      details: { backend: "raw:8080", reason: "cut_off", status: 200 },
      outcomeUnknown: true,
    });
    expect(said(await attempt(raw("/cutjson")))).toMatchObject({
      message: "raw:8080 broke off its answer (status 200) before the end of its 1000 bytes",
      outcomeUnknown: true,
    });
    expect((await attempt(raw("/resetbody"))).error.message).toContain("before the end of its 1000 bytes");
    expect((await attempt(raw("/cutchunks"))).error.message).toContain("after 4 bytes");
    expect((await attempt(raw("/chunks"))).error.details).toMatchObject({ reason: "cut_off" });
  });

  test("JSON with a byte order mark is JSON", async () => {
    const result = await plugin.http("get", { url: raw("/bom") });
    expect(result).toMatchObject({ ok: true, output: { body: { a: 1 } } });
  });

  test("more than was promised is not read", async () => {
    const result = await plugin.http("get", { url: raw("/more") });
    expect(result).toMatchObject({ ok: true, output: { body: "four" } });
  });

  test("a body that is not what its encoding says", async () => {
    for (const path of ["/notgzip", "/cutgzip"])
      expect(said(await attempt(bad(path))), path).toMatchObject({
        code: "BACKEND_ERROR",
        message: "bad:8080 answered with a body that is not what its Content-Encoding says",
        details: { backend: "bad:8080", reason: "content_encoding", status: 200 },
      });
  });

  test("a sign-in page, or half of it, where JSON is wanted, is quoted; where nothing is wanted it is text", async () => {
    const page = await attempt(bad("/html"), { response_type: "json" });
    expect(page.error).toEqual({
      code: "BACKEND_ERROR",
      message: "The answer of bad:8080 is not JSON, as response.type says, but text/html",
      details: { status: 200, reason: "not_json", backend: "bad:8080", body: "<!doctype html><title>Sign in</title>" },
    });
    const half = await attempt(bad("/badjson"), { response_type: "json" });
    expect(half.error).toMatchObject({ code: "BACKEND_ERROR", details: { reason: "not_json", body: '{"a": 1,' } });
    expect(await plugin.http("get", { url: bad("/html") })).toMatchObject({ ok: true, output: { status: 200 } });
    expect(await plugin.http("get", { url: bad("/badjson") })).toMatchObject({ output: { body: '{"a": 1,' } });
  });

  test("nothing at all is null, and no JSON either", async () => {
    expect(await plugin.http("get", { url: bad("/empty") })).toMatchObject({ output: { status: 204, body: null } });
  });

  test("JSON that nests 50,000 levels", async () => {
    expect(said(await attempt(bad("/deepjson")))).toEqual({
      code: "BACKEND_ERROR",
      message: "The answer of bad:8080 nests deeper than 1000 levels",
      details: { limit: "depth", max: 1_000, status: 200, backend: "bad:8080" },
      permanent: true,
    });
  });

  test("redirects in circles end after five", async () => {
    servers.seen.length = 0;
    expect(said(await attempt(bad("/loop")))).toEqual({
      code: "BACKEND_ERROR",
      message: "bad:8080 redirects more than 5 times",
      details: { reason: "redirects", limit: 5, backend: "bad:8080" },
    });
    expect(servers.seen).toEqual(new Array(6).fill("/loop"));
  });
});

describe("too much", () => {
  test("seven MiB, an endless body and 200 MiB in a gzip of 200 KB are cut at six MiB, with little memory", async () => {
    let most = 0;
    const watch = setInterval(() => {
      most = Math.max(most, plugin.memoryBytes());
    }, 50);
    try {
      for (const path of ["/large", "/endless", "/gzipbomb"])
        expect(said(await attempt(bad(path))), path).toEqual({
          code: "PAYLOAD_TOO_LARGE",
          message: "The answer of bad:8080 is larger than 6 MiB",
          details: { limit: "payload_bytes", max: 6 * MIB, status: 200, backend: "bad:8080" },
          permanent: true,
        });
      await Promise.all(Array.from({ length: 8 }, () => attempt(bad("/gzipbomb"))));
    } finally {
      clearInterval(watch);
    }
    // Eight at once hold six MiB each; a bomb alone would be 200.
    expect(most - idleBytes).toBeLessThan(160 * MIB);
  });
});

describe("a connector", () => {
  const pinned = (http: string) => {
    const { manifest } = readConnector(
      `connector: {name: plug, namespace: acme, version: 1.0.0}\nactions:\n  - name: act\n    handler: {http: ${http}}\n`,
      "yaml",
    );
    const action = manifest && pinAction(manifest, "act");
    if (action === undefined) throw new Error("no such action");
    return action;
  };

  test("that posts is not repeated when its outcome is unknown, and one that gets is: both say so", async () => {
    const post = pinned(`{url: 'http://bad:8080/reset', method: POST, style: direct}`);
    expect(post.idempotent).toBe(false);
    expect(failureOf(await plugin.invoke(callOf(post, {})))).toMatchObject({ outcomeUnknown: true });
    expect(pinned(`{url: 'http://bad:8080/reset', method: GET}`).idempotent).toBe(true);
  });

  test("of the service style gets no envelope from a page, or from nothing", async () => {
    const page = pinned(`{url: 'http://bad:8080/html', method: POST}`);
    expect(failureOf(await plugin.invoke(callOf(page, {}))).error).toMatchObject({
      code: "BACKEND_ERROR",
      message: "The service's answer is not the service envelope",
    });
    const nothing = pinned(`{url: 'http://bad:8080/empty', method: POST}`);
    expect(failureOf(await plugin.invoke(callOf(nothing, {}))).error.code).toBe("BACKEND_ERROR");
  });
});

test("after all of it the Worker answers as at first", async () => {
  expect(await plugin.http("get", { url: bad("/ok") })).toMatchObject({ ok: true, output: { body: { ok: true } } });
});
