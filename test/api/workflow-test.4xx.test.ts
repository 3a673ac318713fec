import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestPlatform, type TestPlatform } from "../support/test-platform.ts";
import { type CheckedClient, checkedClient } from "./checked-client.ts";
import { SUM, YAML } from "./documents.ts";

let platform: TestPlatform;
let call: CheckedClient;
let key: string;

const publish = (raw: string) => call(key, "POST", "/workflows", { raw, type: YAML });
const run = (path: string, body?: unknown) =>
  call(key, "POST", `/workflows/${path}`, body === undefined ? {} : { body });

beforeAll(async () => {
  platform = await startTestPlatform({ services: false });
  call = await checkedClient(platform.url);
  key = platform.tenant.apiKey;
  const fixtures = Array.from({ length: 51 }, (_, at) => `{name: f${at}, inputs: {}}`).join(", ");
  const one = "steps: [{id: out, type: output, value: 1}]";
  for (const workflow of [
    SUM,
    `{workflow: {name: many, ${one}, testing: {fixtures: [${fixtures}]}}}`,
    `{workflow: {name: real, ${one}, testing: {dryRun: {mockConnectors: false}, fixtures: [{name: a, inputs: {}}]}}}`,
    `{workflow: {name: closed, ${one}, authorization: {roles: [nobody]}, testing: {fixtures: [{name: a, inputs: {}}]}}}`,
  ])
    expect(await publish(workflow)).toMatchObject({ status: 201 });
});
afterAll(() => platform?.close());

test("what is not there cannot be tested", async () => {
  expect(await run("nope/test")).toMatchObject({ status: 404, body: { code: "NOT_FOUND" } });
  expect(await run("sum/test?version=9.9.9", { inputs: { a: 1 } })).toMatchObject({ status: 404 });
  expect(await run("sum/test?version=newest")).toMatchObject({ status: 400 });
  const other = (await platform.newTenant("other")).apiKey;
  expect(await call(other, "POST", "/workflows/sum/test")).toMatchObject({ status: 404 });
});

test("a request that means no fixture, too many, or an unknown one is refused", async () => {
  expect(await run("sum/test")).toMatchObject({ status: 400, body: { details: { problems: [{ path: "/inputs" }] } } });
  expect(await run("many/test")).toMatchObject({
    status: 400,
    body: { details: { problems: [{ path: "/fixtures" }] } },
  });
  expect(await run("many/test", { fixtures: ["f1", "f222"] })).toMatchObject({
    status: 400,
    body: { details: { problems: [{ path: "/fixtures/1", suggestion: "f22" }] } },
  });
  expect(await run("many/test", { fixtures: ["f1", "f22"] })).toMatchObject({ status: 200, body: { passed: 2 } });
  for (const body of [{ fixtures: [] }, { fixtures: [1] }, { inputs: [] }, { mock_data: "x" }, { mockData: {} }])
    expect(await run("sum/test", body)).toMatchObject({ status: 400, body: { code: "VALIDATION" } });
  expect(await run("sum/test?dry=1")).toMatchObject({ status: 400 });
});

test("a workflow that wants real calls is not tested", async () => {
  expect(await run("real/test")).toMatchObject({
    status: 400,
    body: { details: { problems: [{ path: "/testing/dryRun" }] } },
  });
});

test("who may not start a workflow may not test it, nor who may not start any", async () => {
  expect(await run("closed/test")).toMatchObject({ status: 403, body: { code: "FORBIDDEN" } });
  const made = await call(key, "POST", "/keys", { body: { name: "reader", scopes: ["workflows:read"] } });
  const reader = String(made.body.key);
  expect(await call(reader, "POST", "/workflows/many/test")).toMatchObject({ status: 403 });
});

test("what a step calls must be there when it is published or started, in a version that is there", async () => {
  const step = (fields: string) => publish(`workflow:\n  name: caller\n  steps:\n    - {id: s, ${fields}}\n`);
  expect(await step("workflow: summ, input: {a: 1}")).toMatchObject({
    status: 400,
    body: { details: { problems: [{ path: "/workflow/steps/0/workflow", line: 4, suggestion: "sum" }] } },
  });
  expect(await step("workflow: sum, version: ^2.0.0, input: {a: 1}")).toMatchObject({
    status: 400,
    body: { details: { problems: [{ path: "/workflow/steps/0/version", message: expect.stringContaining("1.0.0") }] } },
  });
  expect(await step("workflow: sum, input: {b: 1}")).toMatchObject({
    status: 400,
    body: { details: { problems: [{ path: "/workflow/steps/0/input", message: expect.stringContaining('"a"') }] } },
  });
  const definition = { name: "inline", steps: [{ id: "s", workflow: "nobody-has-this" }] };
  expect(await call(key, "POST", "/workflows/executions", { body: { definition } })).toMatchObject({
    status: 400,
    body: { details: { problems: [{ path: "/definition/steps/0/workflow" }] } },
  });
});

test("python is refused by name when it is published", async () => {
  const steps = "[{id: py, type: transform, language: python, expression: '1'}]";
  const refused = await publish(`{workflow: {name: snake, steps: ${steps}}}`);
  expect(refused.status).toBe(400);
  expect(refused.text).toContain("python is not available in this deployment: use javascript, jsonata or jq");
});
