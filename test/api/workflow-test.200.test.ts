import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestPlatform, type TestPlatform } from "../support/test-platform.ts";
import { type CheckedClient, checkedClient } from "./checked-client.ts";
import { YAML } from "./documents.ts";

let platform: TestPlatform;
let call: CheckedClient;
let key: string;

const REPORT = `
workflow:
  name: Report
  version: 1.0.0
  inputs:
    a: {type: number, required: true}
  steps:
    - id: sum
      connector: connector:community/calculator@1
      action: add
      input: {a: "{{ inputs.a }}", b: 2}
    - {id: pause, type: wait, duration: 30d}
    - id: greet
      connector: connector:community/text
      action: template
      input: {template: "It is {{ today }}"}
    - {id: shape, type: transform, language: jq, expression: ".n + 1", input: {n: "{{ steps.sum.output.result }}"}}
  outputs:
    sum: "{{ steps.sum.output.result }}"
    next: "{{ steps.shape.output.result }}"
    region: "{{ env.TEST_REGION }}"
    day: "{{ today }}"
  testing:
    dryRun: {enabled: true, mockConnectors: true, mockData: {sum: {result: 40}}}
    fixtures:
      - {name: usual, inputs: {a: 1}, expectedOutputs: {sum: 40, next: 41, day: "2026-01-31"}}
      - {name: off, inputs: {a: 1}, expectedOutputs: {sum: 3}}
      - {name: misfit, inputs: {a: one}}
`;

const publish = (raw: string) => call(key, "POST", "/workflows", { raw, type: YAML });

beforeAll(async () => {
  platform = await startTestPlatform({ services: false });
  call = await checkedClient(platform.url);
  key = platform.tenant.apiKey;
  expect((await call(key, "PUT", "/env/TEST_REGION", { body: { value: "eu" } })).status).toBeLessThan(300);
  expect(await publish(REPORT)).toMatchObject({ status: 201 });
});
afterAll(() => platform?.close());

test("every fixture runs with mocked connectors, in no time, and says where it differs", async () => {
  const tested = await call(key, "POST", "/workflows/report/test");
  expect(tested).toMatchObject({
    status: 200,
    body: {
      passed: 1,
      failed: 2,
      results: [
        {
          name: "usual",
          passed: true,
          status: "completed",
          outputs: { sum: 40, next: 41, region: "eu", day: "2026-01-31" },
          differences: [],
          calls: [
            { path: "sum", action: "community/calculator.add", input: { a: 1, b: 2 }, answered_by: "mock_data" },
            { path: "greet", action: "community/text.template", answered_by: "schema" },
            { path: "shape", action: "transform", answered_by: "run" },
          ],
        },
        { name: "off", passed: false, status: "completed", differences: [{ path: "/sum", expected: 3, actual: 40 }] },
        { name: "misfit", passed: false, status: "failed", error: { code: "VALIDATION" }, steps: [], calls: [] },
      ],
    },
  });
});

test("a request names fixtures, brings mocks that come first, and inputs of the moment", async () => {
  const body = { fixtures: ["off"], inputs: { a: 7 }, mock_data: { "calculator.add": { result: 3 } } };
  const tested = await call(key, "POST", "/workflows/report/test?version=1", { body });
  expect(tested.body).toMatchObject({
    passed: 2,
    failed: 0,
    results: [
      { name: "off", passed: true },
      { name: "inputs", passed: true, outputs: { sum: 3, next: 4 } },
    ],
  });
});

test("an event that nobody sends is told, not waited for", async () => {
  await publish("{workflow: {name: patient, steps: [{id: w, type: wait, until: {event: paid}}]}}");
  const tested = await call(key, "POST", "/workflows/patient/test", { body: { inputs: {} } });
  expect(tested.body).toMatchObject({
    failed: 1,
    results: [{ passed: false, error: { message: 'The run never ends: w waits for the event "paid"' } }],
  });
});

test("a called workflow is the version that was the newest fitting one when its caller was published", async () => {
  const inner = (version: string) => `
workflow:
  name: Inner
  version: ${version}
  inputs: {n: {type: integer, required: true}}
  steps: [{id: out, type: output, value: "${version}:{{ inputs.n }}"}]
  outputs: {was: "{{ steps.out.output.value }}"}
`;
  const outer = (version: string) => `
workflow:
  name: Outer
  version: ${version}
  steps:
    - {id: any, workflow: Inner, input: {n: 1}}
    - {id: first, workflow: inner, version: "^1.0.0", input: {n: 2}}
  outputs: {any: "{{ steps.any.outputs.was }}", first: "{{ steps.first.output.outputs.was }}"}
`;
  for (const version of ["1.0.0", "1.1.0", "2.0.0", "3.0.0-beta.1"])
    expect((await publish(inner(version))).status).toBe(201);
  expect(await publish(outer("1.0.0"))).toMatchObject({ status: 201 });
  expect((await publish(inner("1.2.0"))).status).toBe(201);
  expect((await publish(inner("4.0.0"))).status).toBe(201);
  expect(await publish(outer("2.0.0"))).toMatchObject({ status: 201 });
  const outputsOf = async (version: string) => {
    const tested = await call(key, "POST", `/workflows/outer/test?version=${version}`, { body: { inputs: {} } });
    return tested.body;
  };
  expect(await outputsOf("1.0.0")).toMatchObject({ results: [{ outputs: { any: "2.0.0:1", first: "1.1.0:2" } }] });
  expect(await outputsOf("2.0.0")).toMatchObject({ results: [{ outputs: { any: "4.0.0:1", first: "1.2.0:2" } }] });
});

test("the guide's workflow passes its own tests", async () => {
  const guide = readFileSync(join(import.meta.dirname, "../../docs/guide/testing-workflows.md"), "utf8");
  const [, workflow = ""] = /^```yaml\n(.*?)^```$/ms.exec(guide) ?? [];
  expect(await publish(workflow)).toMatchObject({ status: 201, body: { slug: "order-report" } });
  expect(await call(key, "POST", "/workflows/order-report/test")).toMatchObject({
    status: 200,
    body: { passed: 2, failed: 0, results: [{ name: "usual" }, { name: "runs at all" }] },
  });
});
