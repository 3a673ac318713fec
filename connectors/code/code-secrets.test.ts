import { describe, expect, test } from "vitest";
import { placeSecrets } from "./code-secrets.ts";
import type { SandboxedRequest } from "./sandboxed-request.ts";

const HANDLE = "smartify-secret-0123456789abcdef0123456789abcdef";
const VALUE = 'v&l"ue $& $1';
const bytes = (text: string) => new Uint8Array(new TextEncoder().encode(text));

function place(
  request: Partial<Omit<SandboxedRequest, "headers">> & { headers?: Record<string, string> },
  positions: string[],
  { host = "api.test", hosts = ["api.test"], values = { KEY: VALUE } as Record<string, string> } = {},
) {
  const sent: SandboxedRequest = {
    url: "https://api.test/x",
    method: "POST",
    body: null,
    ...request,
    headers: new Headers(request.headers),
  };
  const placed = placeSecrets(sent, host, [{ handle: HANDLE, name: "KEY", positions, hosts }], values);
  return { placed, sent, text: sent.body === null ? "" : new TextDecoder().decode(sent.body) };
}

describe("a handle is replaced where its secret was declared", () => {
  test("in one header, in any header, and the header counts as a credential", () => {
    const one = place({ headers: { authorization: `Bearer ${HANDLE}` } }, ["header:authorization"]);
    expect(one.placed).toEqual({ ok: true, secretHeaders: ["authorization"], bodyIsSecret: false });
    expect(one.sent.headers.get("authorization")).toBe(`Bearer ${VALUE}`);
    expect(place({ headers: { "x-any": HANDLE } }, ["header"]).sent.headers.get("x-any")).toBe(VALUE);
  });

  test("in the query, written as a query is written", () => {
    const { sent } = place({ url: `https://api.test/x?k=${HANDLE}&z=1` }, ["query:k"]);
    expect(new URL(sent.url).searchParams.get("k")).toBe(VALUE);
    expect(new URL(sent.url).searchParams.get("z")).toBe("1");
  });

  test("in a body, as its kind wants it: JSON, a form, anything else byte by byte", () => {
    const json = place({ body: bytes(`{"k":"${HANDLE}"}`), headers: { "content-type": "application/json" } }, ["body"]);
    expect(JSON.parse(json.text)).toEqual({ k: VALUE });
    expect(json.placed).toMatchObject({ bodyIsSecret: true });
    const form = { "content-type": "application/x-www-form-urlencoded" };
    expect(new URLSearchParams(place({ body: bytes(`k=${HANDLE}`), headers: form }, ["body"]).text).get("k")).toBe(
      VALUE,
    );
    const raw = place({ body: new Uint8Array([255, 0, ...bytes(HANDLE), 254]) }, ["body"]);
    expect([...(raw.sent.body ?? [])]).toEqual([255, 0, ...bytes(VALUE), 254]);
  });
});

describe("a handle is refused, and the value put nowhere,", () => {
  const REFUSED: [string, Parameters<typeof place>[0], string[]][] = [
    ["in another header", { headers: { "x-other": HANDLE } }, ["header:authorization", "query", "body"]],
    ["in a header when it may stand in the query", { headers: { a: HANDLE } }, ["query"]],
    ["in another query member", { url: `https://api.test/?o=${HANDLE}` }, ["query:k", "header", "body"]],
    ["in the name of a query member", { url: `https://api.test/?${HANDLE}=1` }, ["query"]],
    ["in the path", { url: `https://api.test/${HANDLE}` }, ["query", "header", "body"]],
    ["in the fragment", { url: `https://api.test/#${HANDLE}` }, ["query"]],
    ["in the host", { url: `https://${HANDLE}.test/` }, ["query", "header", "body"]],
    ["in the name of a header", { headers: { [HANDLE]: "1" } }, ["header"]],
    ["in the body", { body: bytes(HANDLE) }, ["header", "query"]],
  ];
  test.each(REFUSED)("%s", (_, request, positions) => {
    const { placed, sent, text } = place(request, positions);
    expect(placed.ok).toBe(false);
    expect(JSON.stringify([placed, sent.url, [...sent.headers], text])).not.toContain(VALUE);
  });

  test("to a host that was not declared for it, and where it is not set", () => {
    const headers = { authorization: HANDLE };
    expect(place({ headers }, ["header"], { host: "evil.test" }).placed).toMatchObject({ ok: false });
    expect(place({ headers }, ["header"], { host: "api.test.evil.test", hosts: ["api.test"] }).placed.ok).toBe(false);
    expect(place({ headers }, ["header"], { host: "evilapi.test", hosts: ["*.api.test"] }).placed.ok).toBe(false);
    expect(place({ headers }, ["header"], { values: {} }).placed).toMatchObject({
      ok: false,
      message: expect.stringMatching(/^The secret KEY is not set, or its scope leaves this call out/),
    });
  });
});
