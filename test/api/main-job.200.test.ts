import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestPlatform, type TestPlatform } from "../support/test-platform.ts";
import { type CheckedClient, checkedClient } from "./checked-client.ts";
import { SUM, YAML } from "./documents.ts";

let platform: TestPlatform;
let call: CheckedClient;
let key: string;

beforeAll(async () => {
  platform = await startTestPlatform({ services: false });
  call = await checkedClient(platform.url);
  key = platform.tenant.apiKey;
  const published = await call(key, "POST", "/workflows", { raw: SUM, type: YAML });
  expect(published).toMatchObject({ status: 201, body: { status: "published", slug: "sum", version: "1.0.0" } });
});
afterAll(() => platform?.close());

test("a sync start answers the final record", async () => {
  const run = await call(key, "POST", "/workflows/executions", {
    body: { workflow: "sum", inputs: { a: 1 }, execution_mode: "sync" },
  });
  expect(run).toMatchObject({
    status: 200,
    body: { status: "completed", inputs: { a: 1, b: 2 }, result: { outputs: { sum: 3 } } },
  });
});

test("an async start answers at once, and a long poll the end", async () => {
  const run = await call(key, "POST", "/workflows/executions", { body: { workflow: "sum@^1.0.0", inputs: { a: 1 } } });
  expect(run).toMatchObject({ status: 202, body: { status: "pending" } });
  const done = await call(key, "GET", `${run.body.poll_url}?wait=30`);
  expect(done).toMatchObject({ status: 200, body: { status: "completed" } });
  const etag = done.headers.get("etag") ?? "";
  expect((await call(key, "GET", String(run.body.poll_url), { headers: { "if-none-match": etag } })).status).toBe(304);
  const step = await call(key, "GET", `${run.body.poll_url}/steps/sum`);
  expect(step).toMatchObject({ status: 200, body: { id: "sum", output: { result: 3 } } });
  expect((await call(key, "GET", `${run.body.poll_url}/steps/nope`)).status).toBe(404);
});

test("an isolated start runs in an object of its own", async () => {
  const start = { workflow: "sum", inputs: { a: 1 }, execution_mode: "isolated" };
  const first = await call(key, "POST", "/workflows/executions", { body: start });
  const done = await call(key, "GET", `${first.body.poll_url}?wait=30`);
  expect(done).toMatchObject({ status: 200, body: { status: "completed", execution_mode: "isolated" } });
});

test("a YAML body is a definition whose inputs stand in the query or in a second document", async () => {
  const fromQuery = await call(key, "POST", "/workflows/executions?a=4&execution_mode=sync", { raw: SUM, type: YAML });
  expect(fromQuery).toMatchObject({ status: 200, body: { result: { outputs: { sum: 6 } } } });
  const second = `${SUM}\n---\ninputs: {a: 5}\nexecution_mode: sync\n`;
  expect(await call(key, "POST", "/workflows/executions", { raw: second, type: YAML })).toMatchObject({
    body: { result: { outputs: { sum: 7 } } },
  });
});

test("an inline definition runs without being published", async () => {
  const definition = {
    name: "inline",
    steps: [{ id: "s", connector: "connector:community/calculator", action: "add", input: { a: 1, b: 1 } }],
    outputs: { n: "{{ steps.s.output.result }}" },
  };
  const run = await call(key, "POST", "/workflows/executions", { body: { definition, execution_mode: "sync" } });
  expect(run).toMatchObject({ status: 200, body: { result: { outputs: { n: 2 } } } });
});

test("one Idempotency-Key is one execution, whatever the order of members", async () => {
  const headers = { "idempotency-key": "order-1" };
  const starts = await Promise.all(
    Array.from({ length: 8 }, (_, n) => {
      const raw = n % 2 ? '{"workflow":"sum","inputs":{"a":1,"b":3}}' : '{"inputs":{"b":3,"a":1},"workflow":"sum"}';
      return call(key, "POST", "/workflows/executions", { raw, headers });
    }),
  );
  expect(new Set(starts.map((it) => it.body.execution_id)).size).toBe(1);
  const other = await call(key, "POST", "/workflows/executions", {
    body: { workflow: "sum", inputs: { a: 2 } },
    headers,
  });
  expect(other).toMatchObject({ status: 409, body: { code: "CONFLICT" } });
});

test("a refused start does not take its Idempotency-Key", async () => {
  const headers = { "idempotency-key": "order-2" };
  expect(
    (await call(key, "POST", "/workflows/executions", { body: { workflow: "sum", inputs: {} }, headers })).status,
  ).toBe(400);
  expect(
    (await call(key, "POST", "/workflows/executions", { body: { workflow: "sum", inputs: { a: 2 } }, headers })).status,
  ).toBe(202);
});

test("a batch gives every item a result of its own", async () => {
  const answer = await call(key, "POST", "/workflows/executions/batch", {
    body: { items: [{ workflow: "sum", inputs: { a: 1 } }, { workflow: "nope" }, { workflw: "sum" }] },
  });
  expect(answer).toMatchObject({
    status: 200,
    body: {
      data: [
        { index: 0, status: "accepted" },
        { index: 1, status: "error", code: "NOT_FOUND" },
        { index: 2, status: "error", code: "VALIDATION" },
      ],
    },
  });
});

test("one action runs by its name, and its input is never evaluated", async () => {
  expect(
    await call(key, "POST", "/execute", { body: { action: "calculator.add", input: { a: 1, b: 5 } } }),
  ).toMatchObject({
    status: 200,
    body: { status: "success", data: { result: 6 } },
  });
  const literal = "{{ 1 + 1 }}";
  expect(
    await call(key, "POST", "/execute", { body: { action: "text.template", input: { template: literal } } }),
  ).toMatchObject({ status: 200, body: { data: { text: literal } } });
  expect(
    await call(key, "POST", "/execute", { body: { action: "calculator.divide", input: { a: 1, b: 0 } } }),
  ).toMatchObject({ status: 400 });
});

test("lists page through everything once and say how far they go", async () => {
  const seen = new Set<unknown>();
  let cursor: unknown = null;
  do {
    const page = await call(key, "GET", `/workflows/executions?limit=3${cursor ? `&cursor=${cursor}` : ""}`);
    expect(page.status).toBe(200);
    expect(page.body.as_of).toBeDefined();
    const rows: { execution_id: string }[] = JSON.parse(JSON.stringify(page.body.data));
    expect(rows.length).toBeLessThanOrEqual(3);
    for (const row of rows) {
      expect(seen.has(row.execution_id)).toBe(false);
      seen.add(row.execution_id);
    }
    cursor = page.body.next_cursor;
  } while (cursor);
  expect(seen.size).toBeGreaterThanOrEqual(8);
});

test("a workflow can be read, its versions never change, and it can be deleted", async () => {
  expect(await call(key, "GET", "/workflows/sum")).toMatchObject({
    status: 200,
    body: { slug: "sum", version: "1.0.0" },
  });
  expect(await call(key, "GET", "/workflows/sum/versions/1.0.0")).toMatchObject({
    status: 200,
    body: { connectors: [{ version: "1.0.0" }] },
  });
  expect(await call(key, "POST", "/workflows", { raw: SUM, type: YAML })).toMatchObject({
    status: 409,
    body: { details: { same_content: true } },
  });
  const next = SUM.replace("1.0.0", "1.1.0").replace("name: Sum", "name: Gone");
  expect((await call(key, "POST", "/workflows", { raw: next, type: YAML })).status).toBe(201);
  expect((await call(key, "DELETE", "/workflows/gone")).status).toBe(200);
  expect(
    (await call(key, "POST", "/workflows/executions", { body: { workflow: "gone", inputs: { a: 1 } } })).status,
  ).toBe(404);
});

test("a new version is what a bare slug means, and the old one stays what it was", async () => {
  const two = SUM.replace("1.0.0", "2.0.0").replace("default: 2", "default: 20");
  expect((await call(key, "POST", "/workflows", { raw: two, type: YAML })).status).toBe(201);
  const run = (workflow: string) =>
    call(key, "POST", "/workflows/executions", { body: { workflow, inputs: { a: 1 }, execution_mode: "sync" } });
  expect(await run("sum")).toMatchObject({ body: { result: { outputs: { sum: 21 } } } });
  expect(await run("sum@1.0.0")).toMatchObject({ body: { result: { outputs: { sum: 3 } } } });
});

test("secrets are never shown, env values are", async () => {
  expect(await call(key, "PUT", "/secrets/TOKEN", { body: { value: "s3cr3t-value" } })).toMatchObject({ status: 200 });
  expect(JSON.stringify(await call(key, "GET", "/secrets/TOKEN"))).not.toContain("s3cr3t-value");
  expect(await call(key, "PUT", "/env/REGION", { body: { value: { eu: 1 } } })).toMatchObject({
    status: 200,
    body: { value: { eu: 1 } },
  });
  expect((await call(key, "DELETE", "/env/REGION")).status).toBe(200);
  expect((await call(key, "GET", "/env/REGION")).status).toBe(404);
  const values = { base_url: "https://hooks.example.com", token: "xoxb-hidden" };
  const connection = await call(key, "POST", "/connections", {
    body: { connector: "http", name: "default", type: "bearer", values },
  });
  expect(connection).toMatchObject({
    status: 201,
    body: { connector: "community/http", config: { base_url: values.base_url } },
  });
  expect(JSON.stringify(connection.body)).not.toContain("xoxb-hidden");
  expect((await call(key, "DELETE", `/connections/${connection.body.id}`)).status).toBe(200);
});

test("the documentation page names every path and runs no script", async () => {
  const page = await fetch(`${platform.url}/docs`);
  const html = await page.text();
  const openApi: { paths: object } = JSON.parse(await (await fetch(`${platform.url}/openapi.json`)).text());
  for (const path of Object.keys(openApi.paths)) expect(html).toContain(path);
  expect(html).not.toMatch(/<script|<link|<img|<iframe| on[a-z]+=|src=/);
  expect(page.headers.get("content-security-policy")).not.toContain("unsafe-inline");
});
