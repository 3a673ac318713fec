import { expect, test } from "vitest";
import type { Json } from "../engine/json.ts";
import type { InvokeDeps } from "./attempt/invoke-deps.ts";
import { invokeAction } from "./invoke.ts";
import { callOf, depsOf, direct, errorOf, identity, invoke } from "./testing/world.ts";

/** The body as `fetch` is given it. */
async function bodyOf(
  handler: string,
  input: Json,
): Promise<{ body: BodyInit | null | undefined; type: string | null }> {
  const given: RequestInit[] = [];
  const deps: InvokeDeps = {
    ...depsOf({}, []),
    fetch: async (_, init) => {
      given.push(init ?? {});
      return new Response("{}");
    },
  };
  await invokeAction(callOf(handler, input), identity, deps);
  const [init] = given;
  return { body: init?.body, type: new Headers(init?.headers).get("content-type") };
}

const post = (rest: string) => `{url: 'https://a.example.com/', method: POST, ${rest}}`;

test("multipart has fields and files, as text or base64; a list gives several parts", async () => {
  const { body, type } = await bodyOf(post("bodyType: multipart, body: '${input}'"), {
    title: "T",
    tags: ["a", "b"],
    none: null,
    a: { filename: "a.txt", content_type: "text/csv", text: "x,y" },
    b: { base64: "AAEC/w==", content_type: "image/png", size: 4 },
    map: { text: "no file", more: 1 },
  });
  if (!(body instanceof FormData)) throw new Error("no form");
  expect(type).toBe(null);
  expect([body.get("title"), body.getAll("tags"), body.has("none")]).toEqual(["T", ["a", "b"], false]);
  const [a, b] = [body.get("a"), body.get("b")];
  if (!(a instanceof File) || !(b instanceof File)) throw new Error("no files");
  expect([a.name, a.type, await a.text()]).toEqual(["a.txt", "text/csv", "x,y"]);
  expect([b.name, b.type, [...new Uint8Array(await b.arrayBuffer())]]).toEqual(["b", "image/png", [0, 1, 2, 255]]);
  expect(body.get("map")).toBe('{"text":"no file","more":1}');
});

test("a binary body is base64, or a download as it came", async () => {
  const text = await bodyOf(post("bodyType: binary, body: '${input.b}'"), { b: "AAEC_w" });
  expect([text.body, text.type]).toEqual([new Uint8Array([0, 1, 2, 255]), "application/octet-stream"]);
  const map = await bodyOf(post("bodyType: binary, body: '${input.b}'"), {
    b: { base64: "AAEC/w==", content_type: "image/png", size: 4 },
  });
  expect(map.type).toBe("image/png");
  for (const b of ["no base64!", 7, { x: 1 }]) {
    const { error } = await errorOf(callOf(post("bodyType: binary, body: '${input.b}'"), { b }));
    expect(error.code).toBe("VALIDATION");
  }
});

type Bytes = Uint8Array<ArrayBuffer> | string;

/** The body of an answer of these bytes, or the code of the failure. Servers declare a length, or do not. */
async function read(bytes: Bytes, type: string, { rest = "", declared = 0, method = "GET" } = {}): Promise<Json> {
  const headers: Record<string, string> = type === "" ? {} : { "content-type": type };
  if (declared > 0) headers["content-length"] = String(declared);
  const { result } = await invoke(callOf(`{url: 'https://a.example.com/', method: ${method}${rest}}`, {}), {
    answer: () => new Response(typeof bytes === "string" ? new TextEncoder().encode(bytes) : bytes, { headers }),
  });
  return result.ok ? (result.output as { body: Json }).body : result.error.code;
}

const latin1 = (text: string) => Uint8Array.from(text, (letter) => letter.charCodeAt(0));

test.each<[Bytes, string, Json, rest?: string]>([
  ['{"a":1}', "application/json", { a: 1 }],
  ['{"a":1}', "application/problem+json; charset=utf-8", { a: 1 }],
  ['{"a":"é"}', 'application/json; Charset="UTF-8"', { a: "é" }],
  ['\ufeff{"a":1}', "application/json", { a: 1 }],
  ['{"__proto__":1,"a":1}', "application/json", { a: 1 }],
  ["{a}", "application/json", "{a}"],
  ["{a}", "application/json", "BACKEND_ERROR", ", response: {type: json}"],
  ['{"a":1}', "application/json", '{"a":1}', ", response: {type: text}"],
  [
    "{}",
    "application/json",
    { base64: "e30=", content_type: "application/json", size: 2 },
    ", response: {type: binary}",
  ],
  [latin1('{"a":"é"}'), "application/json; Charset=ISO-8859-1", { a: "é" }],
  [new Uint8Array([0xff, 0xfe, 0x5b, 0, 0x31, 0, 0x5d, 0]), "application/json; charset=utf-16le", [1]],
  ["a,b", "text/csv", "a,b"],
  ["<a/>", "application/atom+xml", "<a/>"],
  [new Uint8Array([0xe9]), "text/plain; charset=ISO-8859-1", "é"],
  [new Uint8Array([0x82, 0xa0]), 'text/plain; charset="shift_jis"', "あ"],
  ["x", "text/plain; charset=none-such", "x"],
  [new Uint8Array([0x89, 0x50, 0x4e, 0]), "image/png", { base64: "iVBOAA==", content_type: "image/png", size: 4 }],
  [new Uint8Array([0xff, 0, 1]), "", { base64: "/wAB", content_type: "application/octet-stream", size: 3 }],
  ['{"a":1}', "text/plain", { a: 1 }, ", response: {type: json}"],
  ["<html>", "text/html", "BACKEND_ERROR", ", response: {type: json}"],
  ["hi", "text/plain", { base64: "aGk=", content_type: "text/plain", size: 2 }, ", response: {type: binary}"],
])(
  "an answer %j of type %j is read as %j, whether it declares its length or not",
  async (bytes, type, body, rest = "") => {
    expect(await read(bytes, type, { rest })).toEqual(body);
    const declared = typeof bytes === "string" ? new TextEncoder().encode(bytes).byteLength : bytes.byteLength;
    expect(await read(bytes, type, { rest, declared })).toEqual(body);
  },
);

test("no body at all is null, and empty text where it is text: also of a HEAD, which declares what it does not bring", async () => {
  expect([await read("", "application/json"), await read("", "text/plain")]).toEqual([null, ""]);
  expect(await read("", "application/json", { declared: 20, method: "HEAD" })).toBeNull();
  expect(
    await read("", "application/json", { declared: 20, method: "HEAD", rest: ", response: {type: json}" }),
  ).toBeNull();
});

test("an answer that declares less than it brings has no limit lifted by it", async () => {
  expect(await read(`"${"x".repeat(6 * 1024 * 1024)}"`, "application/json", { declared: 20 })).toBe(
    "PAYLOAD_TOO_LARGE",
  );
  expect(await read("[".repeat(3_000) + "]".repeat(3_000), "application/json", { declared: 20 })).toBe("BACKEND_ERROR");
});

test("the idempotency key goes by the header that the API reads", async () => {
  const { first } = await invoke(callOf(post("body: {}, idempotency: {header: X-Request-Id}"), {}));
  expect(first.headers["x-request-id"]).toBe("exec_1:1:fetch[2]");
  expect(first.headers).not.toHaveProperty("idempotency-key");
});

test("redirects change a method as the Fetch Standard says, at most five of them", async () => {
  const hop = async (status: number, method: string) => {
    const { sent } = await invoke(callOf(`{url: 'https://a.example.com/', method: ${method}, body: {a: 1}}`, {}), {
      answer: (_, count) =>
        count === 1 ? new Response(null, { status, headers: { location: "/b" } }) : new Response("{}"),
    });
    return `${sent[1]?.method} ${sent[1]?.body ?? ""}`;
  };
  const statuses = [301, 302, 303, 307, 308];
  expect(await Promise.all(statuses.map((status) => hop(status, "POST")))).toEqual([
    "GET ",
    "GET ",
    "GET ",
    'POST {"a":1}',
    'POST {"a":1}',
  ]);
  expect((await hop(302, "PUT")).startsWith("PUT")).toBe(true);
  expect(await hop(303, "DELETE")).toBe("GET ");
  let hops = 0;
  const { error } = await errorOf(callOf(direct("https://a.example.com/"), {}), {
    answer: (_, count) => {
      hops = count;
      return new Response(null, { status: 302, headers: { location: `/${count}` } });
    },
  });
  expect([error.code, hops]).toEqual(["BACKEND_ERROR", 6]);
});
