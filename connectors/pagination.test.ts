import { describe, expect, test } from "vitest";
import type { ActionCall } from "../engine/run/types.ts";
import type { InvokeDeps } from "./attempt/invoke-deps.ts";
import type { OpenConnection } from "./auth/credentials.ts";
import { invokeAction } from "./invoke.ts";
import { readConnector } from "./manifest/read-connector.ts";
import { callOf, depsOf, errorOf, httpCall, identity, invoke, json } from "./testing/world.ts";

const bearer: OpenConnection = { id: "c", type: "BEARER", config: {}, values: { token: "tok-12345" } };
const paged = (pagination: string, rest = "") =>
  callOf(`{url: 'https://a.example.com/rows', method: GET, pagination: ${pagination}${rest}}`, {});
const linked = (rows: number[], next?: string) =>
  json(rows, {
    headers: { "content-type": "application/json", ...(next ? { link: `<${next}>; rel="next", </x>; rel=last` } : {}) },
  });

test("pages linked by a header are fetched in one attempt, each with the credential", async () => {
  const { result, sent } = await invoke(paged("{type: link}"), {
    connection: bearer,
    answer: (_, count) => linked([count], count < 3 ? `/rows?p=${count + 1}` : undefined),
  });
  expect(result).toMatchObject({ ok: true, output: { status: 200, body: [1, 2, 3], pages: 3, has_more: false } });
  expect(sent.map(({ url, headers }) => [url, headers.authorization])).toEqual([
    ["https://a.example.com/rows", "Bearer tok-12345"],
    ["https://a.example.com/rows?p=2", "Bearer tok-12345"],
    ["https://a.example.com/rows?p=3", "Bearer tok-12345"],
  ]);
});

test("a next page at another origin gets no credential, one at a private address is refused", async () => {
  const { result, sent } = await invoke(paged("{type: link}", ", headers: {X-Key: '${secrets.KEY}', Cookie: a}"), {
    connection: bearer,
    secrets: { KEY: "key-98765" },
    answer: (_, count) => linked([count], count === 1 ? "https://evil.example.org/rows" : undefined),
  });
  expect(result.ok).toBe(true);
  expect(Object.keys(sent[1]?.headers ?? {})).not.toEqual(
    expect.arrayContaining([expect.stringMatching(/^(authorization|x-key|cookie)$/)]),
  );
  expect(JSON.stringify(sent[1])).not.toMatch(/tok-12345|key-98765/);
  const refused = await errorOf(paged("{type: link}"), { answer: () => linked([1], "http://169.254.169.254/") });
  expect(refused.error).toMatchObject({ code: "FORBIDDEN", details: { reason: "egress" } });
});

test("a cursor goes into the next request until there is none, by query or by body", async () => {
  const rows = (count: number) => json({ data: [count], next: count < 3 ? `c${count}` : null });
  const query = await invoke(paged("{type: cursor, items: $.data, cursor: $.next, param: after}"), {
    answer: (_, count) => rows(count),
  });
  expect(query.result).toMatchObject({ ok: true, output: { body: [1, 2, 3] } });
  expect(query.sent.map(({ url }) => new URL(url).search)).toEqual(["", "?after=c1", "?after=c2"]);
  const call = callOf(
    "{url: 'https://a.example.com/q', method: POST, body: {q: x}, pagination: {type: cursor, items: $.data, cursor: $.next, in: body}}",
    {},
  );
  const body = await invoke(call, { answer: (_, count) => rows(count) });
  expect(body.sent.map((sent) => JSON.parse(sent.body ?? ""))).toEqual([
    { q: "x" },
    { q: "x", cursor: "c1" },
    { q: "x", cursor: "c2" },
  ]);
});

test("offsets and page numbers go on until a page is short or empty", async () => {
  const all = [1, 2, 3, 4, 5];
  const answer = ({ url }: { url: string }) => {
    const { searchParams: query } = new URL(url);
    const at = query.has("page") ? (Number(query.get("page")) - 1) * 2 : Number(query.get("offset"));
    return json(all.slice(at, at + 2));
  };
  const offset = await invoke(paged("{type: offset, limit: 2}"), { answer });
  expect(offset.result).toMatchObject({ ok: true, output: { body: all, pages: 3 } });
  expect(offset.sent.map(({ url }) => new URL(url).search)).toEqual([
    "?limit=2&offset=0",
    "?limit=2&offset=2",
    "?limit=2&offset=4",
  ]);
  const page = await invoke(paged("{type: page}", ", response: {extract: '$[1:]'}"), { answer });
  expect([page.result.ok && page.result.output, page.sent.length]).toEqual([[2, 3, 4, 5], 4]);
});

test("what the service counted for each page is added up", async () => {
  const usage = "response: {usage: {input_tokens: $.used.in, output_tokens: $.used.out}}";
  const { result } = await invoke(paged("{type: cursor, items: $.data, cursor: $.next}", `, ${usage}`), {
    answer: (_, count) =>
      json({ data: [count], next: count < 3 ? count : null, used: { in: 10 * count, ...(count === 2 && { out: 7 }) } }),
  });
  expect(result).toMatchObject({
    ok: true,
    output: { body: [1, 2, 3] },
    usage: { input_tokens: 60, output_tokens: 7 },
  });
  const none = await invoke(paged("{type: link}"), { answer: () => linked([1]) });
  expect(Object.keys(none.result.usage ?? {})).toEqual(["compute_ms", "egress_bytes"]);
  const picked = await invoke(
    paged("{type: link, items: $.data}", ", response: {extract: '$[0]', usage: {input_tokens: $.n}}"),
    {
      answer: () => json({ data: [5], n: 3 }),
    },
  );
  expect(picked.result).toMatchObject({ ok: true, output: 5, usage: { input_tokens: 3 } });
});

test("limits, circles and pages without a list end it", async () => {
  const endless = (_: object, count: number) => linked([count, count], `/rows?p=${count + 1}`);
  expect((await invoke(paged("{type: link, max_pages: 2}"), { answer: endless })).result).toMatchObject({
    output: { body: [1, 1, 2, 2], pages: 2, has_more: true },
  });
  expect((await invoke(paged("{type: link, max_items: 3}"), { answer: endless })).result).toMatchObject({
    output: { body: [1, 1, 2], has_more: true },
  });
  const circle = await errorOf(paged("{type: link}"), { answer: () => linked([1], "/rows") });
  expect(circle.error).toMatchObject({ code: "BACKEND_ERROR", details: { reason: "pagination" } });
  const shapeless = await errorOf(paged("{type: link}"), { answer: () => json({ rows: [] }) });
  expect(shapeless.error.message).toContain("pagination.items");
  const large = await errorOf(paged("{type: link, max_pages: 100}"), {
    answer: (_, count) =>
      json(["x".repeat(2_500_000)], {
        headers: { "content-type": "application/json", link: `</rows?p=${count}>; rel=next` },
      }),
  });
  expect(large.error.code).toBe("PAYLOAD_TOO_LARGE");
  const broken = await errorOf(paged("{type: link}"), {
    answer: (_, count) =>
      count === 1 ? linked([1], "/rows?p=2") : new Response("no", { status: 503, headers: { "retry-after": "3" } }),
  });
  expect([broken.error.code, broken.retryAfterMs]).toEqual(["UNAVAILABLE", 3_000]);
});

test("what is wrong in a manifest is named with its place", () => {
  const problemsOf = (http: string) =>
    readConnector(
      `connector: {name: plug, namespace: acme, version: 1.0.0}\nactions:\n  - name: act\n    handler:\n      http:\n        url: 'https://a.example.com/'\n        method: GET\n        ${http}\n`,
      "yaml",
    ).problems.map(({ line, message }) => [line, message]);
  expect(problemsOf("pagination: {type: cursor, cursor: next}")[0]).toEqual([8, expect.stringContaining("JSONPath")]);
  expect(problemsOf("pagination: {type: links}")[0]).toEqual([
    8,
    expect.stringContaining("link, cursor, offset, page"),
  ]);
  expect(problemsOf("pagination: {type: link, cursor: $.x}")[0]?.[0]).toBe(8);
  expect(problemsOf("pagination: {type: page, in: body}")[0]?.[1]).toContain("body of a GET");
  expect(problemsOf("idempotency: {header: Host}")[0]?.[1]).toContain("idempotency.header");
  expect(problemsOf("pagination: {type: page, max_pages: 5}\n        idempotency: {header: X-Request-Id}")).toEqual([]);
});

describe("a body of any kind keeps its members while pages turn", () => {
  const turns = (rest: string) =>
    callOf(
      `{url: 'https://a.example.com/q', method: POST, ${rest}, pagination: {type: cursor, items: $.data, cursor: $.next, in: body}}`,
      {},
    );
  const bodies = async (call: ActionCall): Promise<[string, string | null][][]> => {
    const given: [string, string | null][][] = [];
    const deps: InvokeDeps = {
      ...depsOf({}, []),
      fetch: async (_, init) => {
        const body = init?.body;
        if (!(body instanceof URLSearchParams || body instanceof FormData)) throw new Error("no form");
        given.push([...body].map(([name, value]) => [name, typeof value === "string" ? value : value.name]));
        return json({ data: [given.length], next: given.length < 3 ? `c${given.length}` : null });
      },
    };
    const result = await invokeAction(call, identity, deps);
    expect(result).toMatchObject({ ok: true, output: { body: [1, 2, 3], pages: 3 } });
    return given;
  };

  test("a form", async () => {
    expect(await bodies(turns("bodyType: form, body: {types: 'a,b', limit: 2}"))).toEqual([
      [
        ["types", "a,b"],
        ["limit", "2"],
      ],
      [
        ["types", "a,b"],
        ["limit", "2"],
        ["cursor", "c1"],
      ],
      [
        ["types", "a,b"],
        ["limit", "2"],
        ["cursor", "c2"],
      ],
    ]);
  });

  test("a form with a file", async () => {
    const file = "{filename: f.txt, text: hello}";
    expect(await bodies(turns(`bodyType: multipart, body: {q: x, f: ${file}}`))).toEqual([
      [
        ["q", "x"],
        ["f", "f.txt"],
      ],
      [
        ["q", "x"],
        ["f", "f.txt"],
        ["cursor", "c1"],
      ],
      [
        ["q", "x"],
        ["f", "f.txt"],
        ["cursor", "c2"],
      ],
    ]);
  });

  test("where there is nothing to put a member into, that is said before anything else is asked", async () => {
    for (const rest of ["bodyType: text, body: plain", "bodyType: binary, body: aGk=", "body: [1, 2]"]) {
      const { error } = await errorOf(turns(rest), { answer: () => json({ data: [1], next: "c" }) });
      expect(error, rest).toMatchObject({ code: "VALIDATION", details: { field: "pagination.in" } });
    }
  });
});

test("each page has an idempotency key of its own: a service that knows the first's would answer the first page again", async () => {
  const call = callOf(
    "{url: 'https://a.example.com/q', method: POST, body: {}, idempotency: {header: X-Key}, pagination: {type: page, in: body, max_pages: 3}}",
    {},
  );
  const { sent } = await invoke(call, { answer: (_, count) => json([count]) });
  const keys = sent.map(({ headers }) => headers["x-key"]);
  expect(keys).toEqual(["exec_1:1:fetch[2]", "exec_1:1:fetch[2]:page:2", "exec_1:1:fetch[2]:page:3"]);
});

describe("community/http takes its pages from its input", () => {
  const rows = (_: unknown, count: number) => json({ data: [count], next: count < 3 ? `c${count}` : null });
  const url = "https://a.example.com/rows";

  test("as a connector's handler would say them", async () => {
    const pagination = { type: "cursor", items: "$.data", cursor: "$.next", param: "after" };
    const { result, sent } = await invoke(httpCall("get", { url, query: { q: "x" }, pagination }), { answer: rows });
    expect(result).toMatchObject({ ok: true, output: { body: [1, 2, 3], pages: 3, has_more: false } });
    expect(sent.map((one) => new URL(one.url).search)).toEqual(["?q=x", "?q=x&after=c1", "?q=x&after=c2"]);
    const form = { url, body: { q: "x" }, body_type: "form", pagination: { ...pagination, in: "body", max_pages: 2 } };
    const posted = await invoke(httpCall("post", form), { answer: rows });
    expect(posted.sent.map(({ body }) => body)).toEqual(["q=x", "q=x&after=c1"]);
    expect(posted.result).toMatchObject({ output: { body: [1, 2], has_more: true } });
  });

  test("by Link header, offset and page, within its limits", async () => {
    const link = await invoke(httpCall("request", { url, pagination: { type: "link", max_items: 2 } }), {
      answer: (_, count) => linked([count], `/rows?p=${count + 1}`),
    });
    expect(link.result).toMatchObject({ output: { body: [1, 2], has_more: true } });
    const offset = { type: "offset", items: "$.data", limit: 1, limit_param: "n", start: 5, max_pages: 2 };
    const asked = await invoke(httpCall("get", { url, pagination: offset }), { answer: rows });
    expect(asked.sent.map((one) => new URL(one.url).search)).toEqual(["?n=1&offset=5", "?n=1&offset=6"]);
  });

  test("and says what is wrong with them, before anything is sent", async () => {
    for (const [pagination, field] of [
      [{ type: "links" }, "/pagination"],
      [{ type: "cursor" }, "pagination.cursor"],
      [{ type: "link", items: "data" }, "/pagination"],
      [{ type: "link", items: "$[" }, "pagination.items"],
      [{ type: "link", max_pages: 101 }, "/pagination"],
      [{ type: "link", pages: 1 }, "/pagination"],
      [{ items: "$.data" }, "/pagination"],
    ] as const) {
      const { result, sent } = await invoke(httpCall("get", { url, pagination }));
      expect([result.ok, sent.length], field).toEqual([false, 0]);
      expect(result).toMatchObject({
        error: { code: "VALIDATION", details: { field: expect.stringContaining(field) } },
      });
    }
    const { error } = await errorOf(httpCall("get", { url, pagination: { type: "page", in: "body" } }));
    expect(error).toMatchObject({ code: "VALIDATION", details: { field: "pagination.in" } });
  });

  test("and how an answer is read, and how a body is written", async () => {
    const binary = await invoke(httpCall("get", { url, response_type: "binary" }), { answer: () => json([1]) });
    expect(binary.result).toMatchObject({
      output: { body: { base64: "WzFd", content_type: "application/json", size: 3 } },
    });
    const text = await invoke(httpCall("get", { url, response_type: "text" }), { answer: () => json([1]) });
    expect(text.result).toMatchObject({ output: { body: "[1]" } });
    expect((await errorOf(httpCall("get", { url, response_type: "xml" }))).error.code).toBe("VALIDATION");
    const bytes = await invoke(httpCall("put", { url, body: "aGk=", body_type: "binary" }));
    expect([bytes.first.body, bytes.first.headers["content-type"]]).toEqual(["104,105", "application/octet-stream"]);
    const form = await invoke(httpCall("post", { url, body: { a: { text: "x" } }, body_type: "multipart" }));
    expect(form.first.body).toBe("[object FormData]");
  });
});
