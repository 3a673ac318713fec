import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestPlatform, type TestPlatform } from "../support/test-platform.ts";
import { type CheckedClient, type CheckedRequest, checkedClient } from "./checked-client.ts";
import { SUM, YAML } from "./documents.ts";

let platform: TestPlatform;
let call: CheckedClient;
let key: string;

beforeAll(async () => {
  platform = await startTestPlatform({ services: false });
  call = await checkedClient(platform.url);
  key = platform.tenant.apiKey;
  await call(key, "POST", "/workflows", { raw: SUM, type: YAML });
});
afterAll(() => platform?.close());

const start = (request: CheckedRequest) => call(key, "POST", "/workflows/executions", request);

/** What is sent as a start, the status, and the pointer of the first problem. */
const STARTS: [name: string, request: CheckedRequest, status: number, path?: string][] = [
  ["an unknown field", { body: { workflow: "sum", inputs: { a: 1 }, prority: 1 } }, 400, "/prority"],
  ["a wrong type", { body: { workflow: 7 } }, 400, "/workflow"],
  ["inputs that are a list", { body: { workflow: "sum", inputs: [1] } }, 400, "/inputs"],
  ["an unknown mode", { body: { workflow: "sum", execution_mode: "fast" } }, 400, "/execution_mode"],
  ["an undeclared input", { body: { workflow: "sum", inputs: { a: 1, z: 1 } } }, 400, "/inputs/z"],
  ["a missing input", { body: { workflow: "sum" } }, 400, "/inputs/a"],
  ["an input of a wrong type", { body: { workflow: "sum", inputs: { a: "1" } } }, 400, "/inputs/a"],
  ["neither workflow nor definition", { body: {} }, 400, "/workflow"],
  ["both workflow and definition", { body: { workflow: "sum", definition: {} } }, 400, "/workflow"],
  ["a control character", { body: { workflow: "a\u0007b" } }, 400, "/workflow"],
  ["half a surrogate pair", { raw: '{"workflow":"\\ud800"}' }, 400, "/workflow"],
  [
    "a member of a later chapter",
    { body: { workflow: "sum", inputs: { a: 1 }, overrides: { connectors: { calculator: "local" } } } },
    400,
    "/overrides/connectors",
  ],
  [
    "a callback that is not https",
    { body: { workflow: "sum", inputs: { a: 1 }, callback_url: "http://example.com/done" } },
    400,
    "/callback_url",
  ],
  [
    "a definition with a key that marks a secret",
    { body: { definition: { name: "x", steps: [{ id: "a", connector: "text", input: { $secret: { name: "K" } } }] } } },
    400,
    "/definition/steps/0/input/$secret",
  ],
  [
    "a run's limit that is no duration",
    { body: { workflow: "sum", inputs: { a: 1 }, config_override: { timeout: "soon" } } },
    400,
    "/config_override/timeout",
  ],
  ["a body that is a list", { body: [] }, 400, ""],
  ["a body that is null", { raw: "null" }, 400, ""],
  ["broken JSON", { raw: '{"workflow":' }, 400, ""],
  ["an empty body", { raw: "" }, 400, ""],
  ["__proto__", { raw: '{"workflow":"sum","inputs":{"__proto__":{"x":1}}}' }, 400, "/inputs/__proto__"],
  ["bottomless nesting", { raw: `{"inputs":${"[".repeat(20_000)}${"]".repeat(20_000)}}` }, 400],
  ["bytes that are not UTF-8", { raw: new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x7d]) }, 400, ""],
  ["a form", { raw: "workflow=sum", type: "application/x-www-form-urlencoded" }, 415],
  ["another charset", { raw: "{}", type: "application/json; charset=latin1" }, 415],
  ["no content type", { raw: "{}", type: "" }, 415],
  ["a megabyte too much", { raw: JSON.stringify({ workflow: "a".repeat(1_100_000) }) }, 413],
  ["an unknown workflow", { body: { workflow: "nope" } }, 404],
  ["an unknown version", { body: { workflow: "sum@9.0.0" } }, 404],
  ["a version that is none", { body: { workflow: "sum@@" } }, 400],
  [
    "an endless Idempotency-Key",
    { body: { workflow: "sum", inputs: { a: 1 } }, headers: { "idempotency-key": "k".repeat(256) } },
    400,
  ],
  ["YAML with a tag", { raw: "workflow: !!js/function x", type: YAML }, 400],
  ["YAML whose aliases explode", { raw: bomb(), type: YAML }, 400],
];

function bomb(): string {
  const lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"];
  for (let n = 1; n < 10; n += 1)
    lines.push(`a${n}: &a${n} [${Array.from({ length: 10 }, () => `*a${n - 1}`).join(", ")}]`);
  return lines.join("\n");
}

test.each(STARTS)("a start with %s is refused, and leaves nothing behind", async (_, request, status, path) => {
  const before = await call(key, "GET", "/workflows/executions?limit=100");
  const answer = await start(request);
  expect(answer.status).toBe(status);
  expect(answer.body.status).toBe("error");
  if (path !== undefined)
    expect(answer.body).toMatchObject({
      code: "VALIDATION",
      details: { problems: expect.arrayContaining([expect.objectContaining({ path })]) },
    });
  const after = await call(key, "GET", "/workflows/executions?limit=100");
  expect(after.body.data).toEqual(before.body.data);
});

test.each([
  ["/workflows/executions?limit=0"],
  ["/workflows/executions?limit=101"],
  ["/workflows/executions?limit=1e1"],
  ["/workflows/executions?limit=2&limit=3"],
  ["/workflows/executions?status=done"],
  ["/workflows/executions?since=yesterday"],
  ["/workflows/executions?cursor=abc"],
  ["/workflows/executions?page=2"],
  [`/keys?cursor=${btoa('["\\u0000"]')}`],
  [`/workflows/executions?cursor=${btoa('["2020-01-01T00:00:00Z","\\u0000"]')}`],
  ["/workflows?q=%00"],
  ["/workflows/%07"],
  ["/plugins/search?offset=-1"],
  ["/keys?limit=x"],
  ["/workflows/executions/exec_x?wait=121"],
])("GET %s is a 400 that names the member", async (path) => {
  expect(await call(key, "GET", path)).toMatchObject({
    status: 400,
    body: { code: "VALIDATION", details: { problems: [{}] } },
  });
});

/** Parts of an address that no decoder takes, and texts that only the decoders of cursors and tickets do not. */
const NO_PARTS = ["%zz", "%", "a%ff%fe", "%ED%A0%80"];
const NO_TEXTS = ["%zz", "%ff", "%00", "e30", "dGVuYW50.e30", "W10.AA"];

/** Every operation, with all parts of its path at once and one of its query. */
async function oddAddresses(): Promise<[method: string, address: string][]> {
  const document = await (await fetch(`${platform.url}/openapi.json`)).json();
  const paths: [string, Record<string, { parameters?: { name: string; in: string }[] }>][] = [
    ...Object.entries(document.paths as object),
    ["/hooks/{tenant}/{path}", { get: {}, post: {} }],
  ];
  const found: [string, string][] = [];
  for (const [path, operations] of paths)
    for (const [method, { parameters = [] }] of Object.entries(operations)) {
      const odd = NO_PARTS[found.length % NO_PARTS.length] ?? "";
      if (path.includes("{")) found.push([method, path.replaceAll(/\{\w+\}/g, odd)]);
      for (const { name } of method === "get" ? parameters.filter((it) => it.in === "query") : [])
        found.push([method, `${path.replaceAll(/\{\w+\}/g, "a")}?${name}=${NO_TEXTS[found.length % NO_TEXTS.length]}`]);
    }
  for (const text of NO_TEXTS)
    found.push(["get", `/oauth/callback?state=${text}&code=${text}`], ["get", `/connect/${text}`], ["get", `/${text}`]);
  return found;
}

test("no part of an address that cannot be decoded is an error of the server", async () => {
  const odd = await oddAddresses();
  const ask = async ([method, address]: [string, string]) => {
    const { status, body } = await fetch(platform.url + address, {
      method: method.toUpperCase(),
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
      redirect: "manual",
      ...(method === "get" ? {} : { body: "{}" }),
    });
    await body?.cancel();
    return `${method} ${address}: ${status}`;
  };
  const answers: string[] = [];
  for (let at = 0; at < odd.length; at += 16) answers.push(...(await Promise.all(odd.slice(at, at + 16).map(ask))));
  expect(answers.length).toBeGreaterThan(200);
  expect(answers.filter((it) => /: (?:5\d\d|429)$/.test(it))).toEqual([]);
});

test.each([
  ["PUT", "/workflows/executions", "POST, GET, HEAD"],
  ["DELETE", "/workflows/validate", "POST"],
  ["PATCH", "/workflows/sum", "GET, HEAD, DELETE"],
  ["POST", "/healthz", "GET, HEAD"],
])("%s %s is 405 and says what is allowed", async (method, path, allow) => {
  const answer = await call(key, method, path);
  expect(answer).toMatchObject({ status: 405, body: { code: "VALIDATION" } });
  expect(answer.headers.get("allow")).toBe(allow);
});

test.each([
  ["PUT", "/env/POSING", { value: [{ $secret: { name: "K" } }] }, "/value"],
  ["POST", "/connections", { connector: "http", name: "a", type: "MTLS", values: {} }, "/values/certificate"],
])("%s %s %j is refused, because ignoring a part of it would lie", async (method, path, body, place) => {
  expect(await call(key, method, path, { body })).toMatchObject({
    status: 400,
    body: { code: "VALIDATION", details: { problems: [{ path: place }] } },
  });
  if (method === "PUT") expect((await call(key, "GET", path)).status).toBe(404);
});

test("a key that stands in a URL is not repeated in the refusal", async () => {
  for (const query of [`${key}=1`, `a=${key}`, `api_key=${key}`]) {
    const answer = await call(key, "GET", `/keys?${query}`);
    expect(answer).toMatchObject({ status: 400, body: { code: "VALIDATION" } });
    expect(JSON.stringify(answer.body)).not.toContain(key.slice(0, 20));
  }
});

test("a document with several faults names all of them, and publishes nothing", async () => {
  const bad = SUM.replace("name: Sum", "name: Bad")
    .replace("action: add", "action: ad\n      inptu: 1")
    .replace("calculator@1", "calculater");
  const answer = await call(key, "POST", "/workflows", { raw: bad, type: YAML });
  expect(answer).toMatchObject({
    status: 400,
    body: {
      details: {
        problems: [
          { path: "/workflow/steps/0/connector", line: 10, suggestion: "community/calculator" },
          { path: "/workflow/steps/0/inptu", line: 12, column: 7, suggestion: "input" },
        ],
      },
    },
  });
  expect((await call(key, "GET", "/workflows/bad")).status).toBe(404);
  expect(await call(key, "POST", "/workflows/validate", { raw: bad, type: YAML })).toMatchObject({
    status: 200,
    body: { valid: false, estimate: null },
  });
});

test("of several workflows in a document all are published or none", async () => {
  const one = {
    name: "First of two",
    steps: [{ id: "s", connector: "connector:community/calculator", action: "add", input: { a: 1, b: 1 } }],
  };
  const broken = await call(key, "POST", "/workflows", {
    body: { workflows: [one, { ...one, name: "Sum", version: "1.0.0" }] },
  });
  expect(broken.status).toBe(409);
  expect((await call(key, "GET", "/workflows/first-of-two")).status).toBe(404);
  const both = await call(key, "POST", "/workflows", { body: { workflows: [one, { ...one, name: "Second of two" }] } });
  expect(both).toMatchObject({
    status: 201,
    body: { workflows: [{ slug: "first-of-two" }, { slug: "second-of-two" }] },
  });
});

test("what does not run here is refused by name, and is a finding of validate", async () => {
  const snake = { name: "Snake", steps: [{ id: "s", type: "transform", language: "python", expression: "1" }] };
  const answer = await call(key, "POST", "/workflows", { body: { workflow: snake } });
  expect(answer).toMatchObject({ status: 400, body: { code: "VALIDATION" } });
  expect(JSON.stringify(answer.body)).toContain("python");
  expect(await call(key, "POST", "/workflows/validate", { body: { workflow: snake } })).toMatchObject({
    status: 200,
    body: {
      valid: true,
      findings: expect.arrayContaining([expect.objectContaining({ message: expect.stringContaining("python") })]),
    },
  });
});
