import { expect, test } from "vitest";
import type { JsonObject } from "../../../engine/json.ts";
import type { ActionCall } from "../../../engine/run/types.ts";
import type { PinnedHttpHandler } from "./pinned-handler.ts";
import { serviceRequest } from "./service-request.ts";

const HANDLER: PinnedHttpHandler = { kind: "http", style: "service", method: "POST", url: "https://a.dev/execute" };
const CALL: ActionCall = {
  path: "s",
  stepId: "s",
  attempt: 1,
  action: {
    namespace: "acme",
    connector: "c",
    version: "1.0.0",
    action: "a",
    plugin: "http",
    idempotent: true,
    handler: {},
  },
  input: {},
  idempotencyKey: "k",
  timeoutMs: 1,
  deadline: 1,
};
const IDENTITY = {
  tenantId: "t",
  environment: "live",
  executionId: "exe_1",
  workflowId: "w",
  workflowName: "W",
  workflowVersion: "1.0.0",
  runAttempt: 1,
};

function contextOf(given?: JsonObject, environment?: JsonObject): JsonObject {
  const scope = { input: {}, env: {}, secrets: {}, connection: {}, declared: new Set<string>() };
  const { body } = serviceRequest(HANDLER, undefined, scope, given ? { ...CALL, given } : CALL, IDENTITY, environment);
  return JSON.parse(String(body)).context;
}

test("a service is told of the run what its connector declared, over which no id is written, and else ids alone", () => {
  expect(contextOf()).not.toHaveProperty("inputs");
  expect(contextOf()).not.toHaveProperty("environment");
  expect(contextOf({}, { REGION: "eu" })).toMatchObject({ environment: { REGION: "eu" } });
  expect(contextOf()).not.toHaveProperty("previous_steps");
  const previous_steps = { a: { output: 1, status: "success" } };
  const told = contextOf({ inputs: { city: "Oslo" }, previous_steps, execution_id: "forged", workflow_id: "forged" });
  const ids = { execution_id: "exe_1", workflow_id: "w", workflow_name: "W" };
  expect(told).toMatchObject({ inputs: { city: "Oslo" }, previous_steps, ...ids });
});
