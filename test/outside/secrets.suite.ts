import { beforeAll, describe, expect, test } from "vitest";
import { flaky, publishFlaky } from "./flaky-connector.ts";
import { type JsonMap, read, readText } from "./json.ts";
import { SERVICE_HOST, usePlatform } from "./use-platform.ts";

const outside = usePlatform();

const SECRET = "s3cr3t-Value~xyz ü";
const FORMS = [SECRET, SECRET.toUpperCase(), encodeURIComponent(SECRET), Buffer.from(SECRET).toString("base64")];

beforeAll(async () => {
  await publishFlaky(outside.api);
  expect((await outside.api.request("PUT", "/secrets/OUTSIDE_TOKEN", { json: { value: SECRET } })).status).toBe(200);
  expect((await outside.api.request("PUT", "/env/OUTSIDE_STAGE", { json: { value: "staging" } })).status).toBe(200);
});

/** Calls the scripted service, which sends the header back in its answer. */
async function echoed(key: string, template: string): Promise<{ sent: string; run: JsonMap }> {
  const replies = outside.service;
  replies.script(key, {});
  const step = {
    id: "ask",
    connector: "connector:community/http@1.0.0",
    action: "request",
    input: {
      url: `http://${SERVICE_HOST}/echo?key=${encodeURIComponent(key)}`,
      method: "GET",
      headers: { "X-Token": template },
    },
  };
  const first = await outside.api.run({ name: "Outside secret", steps: [step] });
  const sent = String(replies.calls(key)[0]?.headers["x-token"]);
  expect(first.status).toBe("completed");
  const latin = Buffer.from(sent, "latin1").toString("utf8");
  replies.script(key, {
    body: { got: latin, nested: [{ deep: `<${latin}>` }] },
    headers: { "x-got": encodeURIComponent(latin) },
  });
  const run = await outside.api.run({
    name: "Outside secret",
    steps: [step],
    outputs: { all: "{{ steps.ask.output }}", text: "it was {{ steps.ask.output.body.got }}" },
  });
  return { sent: latin, run };
}

describe("a secret", () => {
  test("is never given back by the API", async () => {
    const answer = await outside.api.get("/secrets/OUTSIDE_TOKEN");
    expect(answer).toMatchObject({ status: 200, body: { name: "OUTSIDE_TOKEN" } });
    for (const form of FORMS) expect(answer.text).not.toContain(form);
    expect(answer.body).not.toHaveProperty("value");
  });

  test.each([
    ["as it is", "Token {{ secrets.OUTSIDE_TOKEN | urlencode }}", `Token ${encodeURIComponent(SECRET)}`],
    ["in base64", "{{ secrets.OUTSIDE_TOKEN | base64 }}", Buffer.from(SECRET).toString("base64")],
    [
      "after another text in base64",
      "{{ ('user:' + secrets.OUTSIDE_TOKEN) | base64 }}",
      Buffer.from(`user:${SECRET}`).toString("base64"),
    ],
    ["in capital letters", "{{ secrets.OUTSIDE_TOKEN | upper | urlencode }}", encodeURIComponent(SECRET.toUpperCase())],
    ["as its hash", "{{ secrets.OUTSIDE_TOKEN | sha256 }}", null],
  ])("%s arrives in the header and is masked in everything that comes back", async (name, template, expected) => {
    const { sent, run } = await echoed(name, template);
    if (expected !== null) expect(sent).toBe(expected);
    expect(sent.length).toBeGreaterThan(10);
    const record = JSON.stringify(await outside.api.finished(readText(run, "execution_id")));
    expect(record).toContain("***");
    for (const form of [...FORMS, sent, sent.replace("Token ", ""), sent.slice(-8)]) expect(record).not.toContain(form);
  });

  test("is masked in an error too", async () => {
    const step = {
      id: "ask",
      connector: "connector:community/http@1.0.0",
      action: "request",
      input: {
        url: `http://${SERVICE_HOST}/echo?key=in-error`,
        method: "GET",
        headers: { "X-Token": "{{ secrets.OUTSIDE_TOKEN | urlencode }}" },
      },
      retry: { max_attempts: 1 },
    };
    outside.service.script("in-error", {
      status: 500,
      body: { why: `bad token ${encodeURIComponent(SECRET)} ${SECRET}` },
    });
    const run = await outside.api.run({ name: "Outside secret", steps: [step] });
    expect(run).toMatchObject({ status: "failed", error: { code: "BACKEND_ERROR" } });
    for (const form of FORMS) expect(JSON.stringify(run)).not.toContain(form);
  });

  test.each([
    [
      "in a member that is not marked",
      {
        id: "s",
        connector: "connector:outside/flaky@1.0.1",
        action: "call",
        input: { text: "{{ secrets.OUTSIDE_TOKEN }}" },
      },
    ],
    [
      "in a url",
      {
        id: "s",
        connector: "connector:community/http@1.0.0",
        action: "get",
        input: { url: "http://x/{{ secrets.OUTSIDE_TOKEN }}" },
      },
    ],
    ["in a condition", flaky("s", "call", {}, { condition: "{{ secrets.OUTSIDE_TOKEN == 'x' }}" })],
    ["in for_each", flaky("s", "call", {}, { for_each: "{{ secrets.OUTSIDE_TOKEN | split('') }}" })],
  ])("%s is refused when published and when started", async (_name, step) => {
    const definition = { name: "Outside leak", steps: [step] };
    for (const answer of [await outside.api.post("/workflows", definition), await outside.api.start({ definition })]) {
      expect(answer).toMatchObject({ status: 400, body: { code: "VALIDATION" } });
      expect(answer.text).toContain("secret");
    }
  });

  test("that is not set fails the step, by name", async () => {
    const step = {
      id: "ask",
      connector: "connector:community/http@1.0.0",
      action: "request",
      input: { url: `http://${SERVICE_HOST}/x`, method: "GET", headers: { A: "{{ secrets.NEVER_SET }}" } },
    };
    const run = await outside.api.run({ name: "Outside unset", steps: [step] });
    expect(run).toMatchObject({
      status: "failed",
      error: { code: "VALIDATION", message: expect.stringContaining("NEVER_SET") },
    });
  });

  test("of another tenant is not there", async () => {
    expect((await outside.other.get("/secrets/OUTSIDE_TOKEN")).status).toBe(404);
    expect((await outside.other.request("DELETE", "/secrets/OUTSIDE_TOKEN")).status).toBe(404);
    expect((await outside.api.get("/secrets/OUTSIDE_TOKEN")).status).toBe(200);
  });
});

describe("env", () => {
  test("is read as text in any expression", async () => {
    const run = await outside.api.run({
      name: "Outside env",
      steps: [flaky("s", "call", { stage: "{{ env.OUTSIDE_STAGE }}" })],
      outputs: { stage: "on {{ env.OUTSIDE_STAGE }}", absent: "{{ env.NEVER_SET_HERE }}" },
    });
    expect(run).toMatchObject({ status: "completed", result: { outputs: { stage: "on staging", absent: null } } });
  });

  test.each(["PUT", "GET", "DELETE"])("%s of a name that is none is refused", async (method) => {
    for (const name of ["%00", "%0a", "a".repeat(500)]) {
      const answer = await outside.api.request(
        method,
        `/env/${name}`,
        method === "PUT" ? { json: { value: "x" } } : {},
      );
      expect([400, 404]).toContain(answer.status);
    }
  });
});

describe("a connection", () => {
  test("brings the base URL and the credentials; its values are write-only and never in a run", async () => {
    const name = `conn-${Date.now().toString(36)}`;
    await outside.api.post("/plugins", {
      connector: {
        type: "connector",
        kind: "http",
        name,
        namespace: "outside",
        version: "1.0.0",
        displayName: name,
        description: name,
      },
      auth: { type: "apiKey", in: "header", name: "X-Outside-Key", prefix: "Key" },
      actions: [
        {
          name: "ask",
          description: "Asks",
          input: { type: "object" },
          output: {},
          handler: { http: { method: "GET", endpointTemplate: "/ask/${input.id}", query: { key: name } } },
        },
      ],
    });
    const made = await outside.api.post("/connections", {
      connector: name,
      name: "main",
      type: "API_KEY",
      values: { base_url: `http://${SERVICE_HOST}/base`, api_key: SECRET.replace(" ü", "") },
    });
    expect(made.status).toBe(201);
    for (const answer of [
      made,
      await outside.api.get(`/connections/${readText(made.body, "id")}`),
      await outside.api.get("/connections"),
    ]) {
      expect(answer.text).not.toContain("s3cr3t");
      expect(read(answer.body, "values")).toBeUndefined();
    }
    const run = await outside.api.run({
      name: "Outside connection",
      steps: [{ id: "s", plugin: name, action: "ask", input: { id: "x y" } }],
    });
    expect(run.status).toBe("completed");
    const [call] = outside.service.calls(name);
    expect(call).toMatchObject({ method: "GET", url: `/base/ask/x%20y?key=${name}` });
    expect(call?.headers["x-outside-key"]).toBe(`Key ${SECRET.replace(" ü", "")}`);
    expect(JSON.stringify(run)).not.toContain("s3cr3t");
    expect((await outside.other.get(`/connections/${readText(made.body, "id")}`)).status).toBe(404);
  });
});
