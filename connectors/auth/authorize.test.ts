import { expect, test } from "vitest";
import type { JsonObject } from "../../engine/json.ts";
import type { OpenConnection } from "./credentials.ts";
import { authorize } from "./authorize.ts";
import type { SignableRequest } from "./signable-request.ts";

const AT = Date.UTC(2015, 7, 30, 12, 36, 0);

function requestOf(more: Partial<SignableRequest> = {}): SignableRequest {
  return { url: "https://svc.example.com/a?b=1#c", method: "GET", headers: new Headers(), ...more };
}

function connectionOf(type: string, values: OpenConnection["values"], config: OpenConnection["config"] = {}) {
  return { id: "conn_1", type, config, values };
}

const aws = connectionOf(
  "AWS_SIGV4",
  {
    access_key_id: "AKIDEXAMPLE",
    secret_access_key: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
    session_token: "session-1",
  },
  { region: "eu-central-1", service: "s3" },
);

async function hmac(key: Uint8Array<ArrayBuffer>, text: string): Promise<Uint8Array<ArrayBuffer>> {
  const imported = await crypto.subtle.importKey("raw", key, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  return new Uint8Array(await crypto.subtle.sign("HMAC", imported, new TextEncoder().encode(text)));
}

const hex = (bytes: Uint8Array) => [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
const digest = async (text: string) =>
  hex(new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text))));

test("a request is signed as AWS's description says, by a second implementation of it", async () => {
  const request = requestOf({
    url: "https://bucket.example.com/a%20b.txt?x=2&a=1",
    method: "PUT",
    headers: new Headers({ "x-amz-meta-a": "1", "user-agent": "not signed" }),
    body: "hello",
  });
  const authorized = await authorize(aws, undefined, request, AT);
  expect(authorized.ok).toBe(true);
  const signed = "host;x-amz-content-sha256;x-amz-date;x-amz-meta-a;x-amz-security-token";
  const canonical = [
    "PUT",
    "/a%20b.txt",
    "a=1&x=2",
    "host:bucket.example.com",
    `x-amz-content-sha256:${await digest("hello")}`,
    "x-amz-date:20150830T123600Z",
    "x-amz-meta-a:1",
    "x-amz-security-token:session-1",
    "",
    signed,
    await digest("hello"),
  ].join("\n");
  const scope = "20150830/eu-central-1/s3/aws4_request";
  let key: Uint8Array<ArrayBuffer> = new TextEncoder().encode("AWS4wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
  for (const part of scope.split("/")) key = await hmac(key, part);
  const signature = hex(await hmac(key, `AWS4-HMAC-SHA256\n20150830T123600Z\n${scope}\n${await digest(canonical)}`));
  const authorization = request.headers.get("authorization") ?? "";
  expect(authorization).toContain(`Credential=AKIDEXAMPLE/${scope}`);
  expect(authorization).toContain(`SignedHeaders=${signed},`);
  expect(authorization).toContain(`Signature=${signature}`);
});

test("the date and the digest of a signature are no secrets, the signature is", async () => {
  const request = requestOf({ body: "hello", method: "PUT" });
  const authorized = await authorize(aws, undefined, request, AT);
  if (!authorized.ok) throw new Error(authorized.message);
  expect(authorized.credentialHeaders).toContain("x-amz-security-token");
  expect(authorized.revealed).toEqual([request.headers.get("authorization"), "session-1"]);
});

test("what is changed after signing has another signature", async () => {
  const signatures = new Set<string | null>();
  for (const change of [
    {},
    { body: "a", method: "PUT" },
    { body: "b", method: "PUT" },
    { url: "https://svc.example.com/b" },
  ]) {
    const request = requestOf(change);
    await authorize(aws, undefined, request, AT);
    signatures.add(request.headers.get("authorization"));
  }
  expect(signatures.size).toBe(4);
});

test("a multipart body is signed without its digest where the service is S3, and refused elsewhere", async () => {
  const request = requestOf({ method: "POST", body: new FormData() });
  expect((await authorize(aws, undefined, request, AT)).ok).toBe(true);
  expect(request.headers.get("x-amz-content-sha256")).toBe("UNSIGNED-PAYLOAD");
  const other = { ...aws, config: { service: "sqs", region: "eu-west-1" } };
  expect(await authorize(other, undefined, requestOf({ method: "POST", body: new FormData() }), AT)).toMatchObject({
    ok: false,
  });
});

test("a key in the query goes before the fragment, one in a cookie beside the cookies that are there", async () => {
  const query = requestOf();
  await authorize(connectionOf("API_KEY", { api_key: "k&1" }, { in: "query", name: "key" }), undefined, query, AT);
  expect(query.url).toBe("https://svc.example.com/a?b=1&key=k%261#c");
  const cookie = requestOf({ headers: new Headers({ cookie: "a=1" }) });
  await authorize(connectionOf("API_KEY", { api_key: "k1" }, { in: "cookie", name: "sid" }), undefined, cookie, AT);
  expect(cookie.headers.get("cookie")).toBe("a=1; sid=k1");
});

test("an access token is sent as a bearer token; a connection that nobody has connected says so", async () => {
  const request = requestOf();
  expect((await authorize(connectionOf("OAUTH2", { access_token: "at-1" }), undefined, request, AT)).ok).toBe(true);
  expect(request.headers.get("authorization")).toBe("Bearer at-1");
  const missing = await authorize(connectionOf("OAUTH2", {}), undefined, requestOf(), AT);
  expect(missing).toMatchObject({ ok: false, message: expect.stringContaining("connect link") });
});

test("a credential cannot set what the runtime sets, nor break the request apart", async () => {
  const broken: JsonObject[] = [{ host: "evil.example.com" }, { "Content-Length": "0" }, { "x-a": "1\r\nx-b: 2" }];
  for (const headers of broken) {
    const request = requestOf();
    expect((await authorize(connectionOf("CUSTOM_HEADER", { headers }), undefined, request, AT)).ok).toBe(false);
  }
});

test("MTLS without its certificate says so, an unknown type its name", async () => {
  expect(await authorize(connectionOf("MTLS", {}), undefined, requestOf(), AT)).toMatchObject({
    message: expect.stringContaining("MTLS"),
  });
  expect(await authorize(connectionOf("KERBEROS", {}), undefined, requestOf(), AT)).toMatchObject({
    message: expect.stringContaining("KERBEROS"),
  });
});

test("a key in the query stands there once, whatever a link of the service had of the one before", async () => {
  const key = connectionOf("API_KEY", { api_key: "new key" }, { in: "query", name: "api key" });
  const urlOf = async (url: string) => {
    const request = requestOf({ url });
    await authorize(key, undefined, request, AT);
    return request.url;
  };
  expect(await urlOf("https://a.example/p?page=2&api+key=old&x=%20#c")).toBe(
    "https://a.example/p?page=2&x=%20&api+key=new+key#c",
  );
  expect(await urlOf("https://a.example/p?api%20key=old&api key=older")).toBe("https://a.example/p?api+key=new+key");
  expect(await urlOf("https://a.example/p?a=b?c")).toBe("https://a.example/p?a=b?c&api+key=new+key");
});

test("a key is sent by the name that the connection gives it, and a header by the one that the connector declares", async () => {
  const headersOf = async (connection: OpenConnection, declared: Parameters<typeof authorize>[1]) => {
    const request = requestOf();
    expect(await authorize(connection, declared, request, AT)).toMatchObject({ ok: true });
    return Object.fromEntries(request.headers);
  };
  for (const name of ["name", "param", "key_name"])
    expect(await headersOf(connectionOf("API_KEY", { api_key: "k-1" }, { [name]: "x-own" }), undefined)).toEqual({
      "x-own": "k-1",
    });
  const single = connectionOf("CUSTOM_HEADER", { value: "v-1" });
  for (const more of [
    { name: "X-Own" },
    { options: { headers: ["X-Own"] } },
    { options: { headers: { "X-Own": "" } } },
  ])
    expect(await headersOf(single, { type: "CUSTOM_HEADER", ...more })).toEqual({ "x-own": "v-1" });
  const two = { type: "CUSTOM_HEADER" as const, options: { headers: ["X-A", "X-B"] } };
  expect(await headersOf(connectionOf("CUSTOM_HEADER", { headers: { "X-B": "b" } }), two)).toEqual({ "x-b": "b" });
});
