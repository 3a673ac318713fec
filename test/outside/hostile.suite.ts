import { describe, expect, test } from "vitest";
import type { Answer, Call } from "./client.ts";
import { type JsonMap, read, readList } from "./json.ts";
import { usePlatform } from "./use-platform.ts";

const outside = usePlatform();

const STEP: JsonMap = {
  id: "add",
  connector: "connector:community/calculator@1.0.0",
  action: "add",
  input: { a: 1, b: 2 },
};
const GOOD: JsonMap = { name: "Outside hostile", steps: [STEP] };
const START: JsonMap = { definition: GOOD };

/** Every path that takes a body, with a body it would take. */
const BODIES: Record<string, JsonMap> = {
  "POST /workflows": GOOD,
  "POST /workflows/validate": GOOD,
  "POST /workflows/executions": START,
  "POST /workflows/executions/batch": { items: [START] },
  "POST /execute": { action: "calculator.add", input: { a: 1, b: 2 } },
  "POST /plugins": {
    connector: {
      type: "connector",
      kind: "http",
      name: "hostile",
      namespace: "outside",
      version: "1.0.0",
      displayName: "H",
      description: "h",
    },
    actions: [
      {
        name: "go",
        description: "g",
        input: {},
        output: {},
        handler: { http: { url: "https://example.com/execute" } },
      },
    ],
  },
  "POST /keys": { name: "hostile", environment: "live", scopes: ["executions:read"] },
};

function send(route: string, call: Call): Promise<Answer> {
  const [method = "", path = ""] = route.split(" ");
  return outside.api.request(method, path, call);
}

const utf8 = (text: string): Uint8Array<ArrayBuffer> => new Uint8Array(new TextEncoder().encode(text));
const bytes = (...values: (string | number)[]): Uint8Array<ArrayBuffer> =>
  new Uint8Array(values.flatMap((value) => (typeof value === "number" ? [value] : [...utf8(value)])));

const bomb = [
  "a: &a [x,x,x,x,x,x,x,x,x,x]",
  ..."bcdefghij".split("").map((letter, at) => {
    const before = "abcdefghij"[at];
    return `${letter}: &${letter} [${Array.from({ length: 10 }, () => `*${before}`).join(",")}]`;
  }),
].join("\n");

/** Bytes that no text holds, inside the first text of a body. */
function withBytes(good: string, ...values: number[]): Uint8Array<ArrayBuffer> {
  const at = good.indexOf('":"') + 3;
  return bytes(good.slice(0, at), ...values, good.slice(at));
}

describe("bodies that are no bodies", () => {
  /** Each spoils a body that would be taken. */
  const calls: [string, (good: string) => Call, number[]][] = [
    ["nothing", () => ({ raw: "" }), [400, 411, 415]],
    ["half a JSON", (good) => ({ raw: good.slice(0, -1) }), [400]],
    ["JSON with a comma too many", (good) => ({ raw: `${good.slice(0, -1)},}` }), [400]],
    ["two JSON values", (good) => ({ raw: `${good} ${good}` }), [400]],
    ["bad UTF-8", (good) => ({ raw: withBytes(good, 0xc3, 0x28) }), [400]],
    ["a lone surrogate's bytes", (good) => ({ raw: withBytes(good, 0xed, 0xa0, 0x80) }), [400]],
    ["an overlong form", (good) => ({ raw: withBytes(good, 0xc0, 0xaf) }), [400]],
    ["UTF-16", (good) => ({ raw: new Uint8Array(Buffer.from(good, "utf16le")) }), [400]],
    ["a zero byte", (good) => ({ raw: withBytes(good, 0) }), [400]],
    ["an unknown member", (good) => ({ raw: `${good.slice(0, -1)},"colour":1}` }), [400]],
    ["a list", (good) => ({ raw: `[${good}]` }), [400]],
    ["text", () => ({ raw: '"x"' }), [400]],
    ["a number", () => ({ raw: "1" }), [400]],
    ["null", () => ({ raw: "null" }), [400]],
    ["a form", () => ({ raw: "a=1", type: "application/x-www-form-urlencoded" }), [400, 415]],
    ["plain text", (good) => ({ raw: good, type: "text/plain" }), [400, 415]],
    ["an image", (good) => ({ raw: good, type: "image/png" }), [400, 415]],
    ["no content type", (good) => ({ raw: bytes(good), headers: { "content-type": "" } }), [400, 415]],
    ["a content type that is none", (good) => ({ raw: good, type: "json" }), [400, 415]],
    ["another charset", (good) => ({ raw: good, type: "application/json; charset=utf-16" }), [400, 415]],
    ["10,000 nested lists", () => ({ raw: "[".repeat(10_000) + "]".repeat(10_000) }), [400]],
    ["10,000 nested maps", () => ({ raw: `${'{"a":'.repeat(10_000)}1${"}".repeat(10_000)}` }), [400]],
    ["1.5 MB", () => ({ raw: `{"name": "${"x".repeat(1_500_000)}"}` }), [400, 413]],
  ];
  for (const [route, body] of Object.entries(BODIES)) {
    test.each(calls)(`${route} with %s`, async (_name, call, statuses) => {
      const answer = await send(route, call(JSON.stringify(body)));
      if (route.endsWith("/validate") && answer.status === 200) expect(answer.body).toMatchObject({ valid: false });
      else expect(statuses).toContain(answer.status);
    });
  }

  const yaml: [string, string][] = [
    ["an alias bomb", bomb],
    ["a tag", 'name: !!js/function "function(){}"'],
    ["a local tag", "name: !mine x"],
    ["a key used twice", "name: a\nname: b"],
    ["an alias without an anchor", "name: *nothing"],
    ["tabs for indentation", "steps:\n\t- a"],
    ["an open quote", 'name: "x'],
    ["a merge key", "base: &b {name: x}\nsteps: []\n<<: *b"],
    ["control characters", "name: a\u0007b"],
    ["three documents", "name: x\n---\ninputs: {}\n---\nmore: 1"],
    ["20,000 keys", Array.from({ length: 20_000 }, (_, at) => `k${at}: 1`).join("\n")],
    ["5,000 levels of flow", `name: ${"[".repeat(5000)}${"]".repeat(5000)}`],
    ["a directive", "%TAG ! tag:x,2026:\n---\nname: !y z"],
  ];
  for (const route of ["POST /workflows", "POST /workflows/executions", "POST /plugins"]) {
    test.each(yaml)(`${route} in YAML with %s`, async (_name, raw) => {
      const begun = performance.now();
      const answer = await send(route, { raw, type: "application/yaml" });
      expect([400, 413]).toContain(answer.status);
      expect(performance.now() - begun).toBeLessThan(15_000);
    });
  }

  test.each(yaml)("POST /workflows/validate in YAML with %s: a problem with its line", async (_name, raw) => {
    const answer = await send("POST /workflows/validate", { raw, type: "application/yaml" });
    if (answer.status === 200) {
      expect(answer.body).toMatchObject({ valid: false });
      expect(readList(answer.body, "problems")[0]).toMatchObject({ line: expect.any(Number) });
    } else expect([400, 413]).toContain(answer.status);
  });
});

describe("unknown members and wrong types", () => {
  const wrong: [string, JsonMap, string][] = [
    ["POST /workflows/executions", { ...START, colour: 1 }, "colour"],
    ["POST /workflows/executions", {}, "workflow"],
    ["POST /workflows/executions", { workflow: "a", definition: GOOD }, "definition"],
    ["POST /workflows/executions", { workflow: 5 }, "workflow"],
    ["POST /workflows/executions", { definition: "x: 1" }, "definition"],
    ["POST /workflows/executions", { definition: [] }, "definition"],
    ["POST /workflows/executions", { ...START, execution_mode: "later" }, "execution_mode"],
    ["POST /workflows/executions", { ...START, execution_mode: null }, "execution_mode"],
    ["POST /workflows/executions", { ...START, timeout: -1 }, "timeout"],
    ["POST /workflows/executions", { ...START, timeout: "x" }, "timeout"],
    ["POST /workflows/executions", { ...START, callback_url: "nonsense" }, "callback_url"],
    ["POST /workflows/executions", { ...START, callback_url: "http://example.com/x" }, "callback_url"],
    ["POST /workflows/executions", { ...START, callback_url: "javascript:alert(1)" }, "callback_url"],
    ["POST /workflows/executions", { ...START, delay: 5, start_at: "2030-01-01T00:00:00Z" }, "start_at"],
    ["POST /workflows/executions", { ...START, start_at: "tomorrow" }, "start_at"],
    ["POST /workflows/executions", { ...START, metadata: "x" }, "metadata"],
    ["POST /workflows/executions", { ...START, workflow_name: 1 }, "workflow_name"],
    ["POST /workflows/executions", { ...START, overrides: { colour: 1 } }, "colour"],
    ["POST /execute", { action: "calculator.add", input: [] }, "input"],
    ["POST /execute", { input: {} }, "action"],
    ["POST /execute", { action: "calculator", input: {} }, "action"],
    ["POST /execute", { action: 1, input: {} }, "action"],
    ["POST /execute", { action: "calculator.add", input: { a: 1, b: 2 }, more: 1 }, "more"],
    ["POST /keys", { name: "x", environment: "moon", scopes: [] }, "environment"],
    ["POST /keys", { name: 1, environment: "live", scopes: [] }, "name"],
    ["POST /keys", { name: "a\u0000b", environment: "live", scopes: [] }, "name"],
    ["POST /keys", { name: "x".repeat(10_000), environment: "live", scopes: [] }, "name"],
    ["POST /keys", { name: "x", environment: "live", scopes: "all" }, "scopes"],
    ["POST /keys", { name: "x", environment: "live", scopes: ["everything"] }, "scopes"],
    ["POST /keys", { name: "x", environment: "live", scopes: [], colour: "red" }, "colour"],
  ];
  test.each(wrong)("%s %j: 400 that names %s", async (route, json, field) => {
    const answer = await send(route, { json });
    expect(answer).toMatchObject({ status: 400, body: { code: "VALIDATION" } });
    expect(JSON.stringify([read(answer.body, "message") ?? null, read(answer.body, "details") ?? null])).toContain(
      field,
    );
  });

  test.each(["", "x".repeat(5000), "schlüssel", "a\tb"])(
    "an Idempotency-Key of %j is refused or honoured, never a fault",
    async (key) => {
      const headers = { "idempotency-key": encodeURIComponent(key) === key ? key : escape(key) };
      const answer = await outside.api.start(START, { headers });
      expect([202, 400]).toContain(answer.status);
    },
  );

  test.each([
    ["an action that does not exist", "calculator.nope", [400, 404]],
    ["a connector that does not exist", "absent.add", [400, 404]],
    ["a version that does not exist", "calculator.add@9.0.0", [400, 404]],
    ["a path", "../../x.y", [400, 404]],
    ["control characters", "calculator.add\u0000", [400]],
  ])("POST /execute of %s", async (_name, action, statuses) => {
    expect(statuses).toContain((await send("POST /execute", { json: { action, input: { a: 1, b: 2 } } })).status);
  });
});

describe("wrong methods and paths", () => {
  test.each([
    ["PUT", "/workflows"],
    ["DELETE", "/workflows/executions"],
    ["PATCH", "/workflows/executions/exec_x"],
    ["GET", "/workflows/executions/exec_x/cancel"],
    ["GET", "/workflows/validate/"],
    ["GET", "/execute"],
    ["DELETE", "/plugins"],
    ["PUT", "/keys"],
    ["POST", "/healthz"],
    ["DELETE", "/openapi.json"],
  ])("%s %s: 405 with Allow, or 404 where there is nothing", async (method, path) => {
    const answer = await outside.api.request(method, path);
    expect([404, 405]).toContain(answer.status);
    if (answer.status === 405) {
      expect(answer.headers.get("allow")).toMatch(/^[A-Z]+(, [A-Z]+)*$/);
      expect(answer.headers.get("allow")?.split(", ")).not.toContain(method);
      expect(answer.body).toMatchObject({ code: "VALIDATION" });
    }
  });

  test.each(["/workflows", "/workflows/executions", "/keys", "/execute", "/plugins"])(
    "PURGE-like methods on %s: 405",
    async (path) => {
      expect((await outside.api.request("PROPFIND", path)).status).toBe(405);
    },
  );

  test.each([
    "/nothing",

    "/%",
    "/workflows/%ff",
    "//",
    "/workflows//versions",
    "/.env",
    `/${"x".repeat(8000)}`,
  ])("GET %s: a 4xx", async (path) => {
    const answer = await outside.api.get(path);
    expect([400, 404, 414]).toContain(answer.status);
  });

  test("HEAD answers as GET does, without a body", async () => {
    const answer = await outside.api.request("HEAD", "/workflows");
    expect(answer).toMatchObject({ status: 200, text: "" });
  });
});

describe("nothing has happened", () => {
  test("no refused request left a workflow, a connector or a key behind", async () => {
    for (const path of ["/workflows?limit=100", "/keys?limit=100", "/connectors?limit=100"]) {
      const answer = await outside.api.get(path);
      expect(answer.status).toBe(200);
      expect(answer.text).not.toContain("hostile");
      expect(answer.text).not.toContain("colour");
    }
  });

  test("and the platform still works", async () => {
    const answer = await send("POST /execute", { json: BODIES["POST /execute"] ?? {} });
    expect(answer).toMatchObject({
      status: 200,
      body: { status: "success", data: { result: 3 }, execution_id: expect.stringMatching(/^exec_/) },
    });
  });
});
