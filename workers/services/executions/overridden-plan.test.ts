import { expect, test } from "vitest";
import type { StartBody } from "../../../contracts/api/executions.ts";
import type { Pins } from "../../../engine/connector.ts";
import { readWorkflowValue } from "../../../engine/definition/read-workflows.ts";
import type { Json } from "../../../engine/json.ts";
import type { PlanSource } from "../../../engine/plan/types.ts";
import { IsolateCache } from "../isolate-cache.ts";
import type { Context, Ports } from "../context.ts";
import { stepsOf } from "../workflows/steps-of.ts";
import { rememberPlan } from "../workflows/resolve.ts";
import { contextForTest } from "./context-for-test.ts";
import { overriddenPlan, overriddenTimeout } from "./overridden-plan.ts";

const SEND = "connector:test/mail";
const PINS: Pins = {
  [`${SEND}#send`]: {
    namespace: "test",
    connector: "mail",
    version: "1.0.0",
    action: "send",
    plugin: "http",
    idempotent: true,
    handler: {},
    secretMembers: ["/headers/*"],
  },
};

const WORKFLOW: Json = {
  name: "Mails",
  inputs: { to: { type: "string" } },
  retry: { max_attempts: 5, backoff: "fixed" },
  steps: [
    { id: "text", type: "transform", language: "template", expression: "hello", input: { a: 1 } },
    {
      id: "each",
      type: "forEach",
      items: "{{ [1, 2] }}",
      steps: [
        { id: "send", connector: SEND, action: "send", input: { to: "{{ inputs.to }}", subject: "old" }, timeout: 5 },
      ],
    },
  ],
};

function setUp() {
  const { context } = contextForTest([]);
  const own: Context = { ...context, ports: { ...context.ports, plans: new IsolateCache(10) } as Ports };
  const read = readWorkflowValue(WORKFLOW);
  expect(read.problems).toEqual([]);
  const source: PlanSource = { definition: read.workflows[0]!.definition, pins: PINS };
  const planned = rememberPlan(own, "digest", source);
  return {
    planned,
    override: (body: Omit<StartBody, "workflow">) => overriddenPlan(own, planned, body),
  };
}

function stepOf(source: PlanSource, id: string) {
  return [...stepsOf(source.definition)].find((step) => step.id === id);
}

test("a start that changes nothing of the plan runs the plan itself", () => {
  const { planned, override } = setUp();
  const same = override({ overrides: { timeout: 3 } });
  expect(same.ok && same.value).toBe(planned);
});

test("steps are changed in a copy with a digest of its own, and the published plan stays what it was", () => {
  const { planned, override } = setUp();
  const before = structuredClone(planned.source);
  const send = { input: { subject: "new {{ inputs.to }}" }, timeout: "250ms", connection: "second" };
  const changed = override({ overrides: { steps: { send, text: { input: "whole" } } } });
  expect(changed.ok && stepOf(changed.value.source, "send")).toMatchObject({
    input: { to: "{{ inputs.to }}", subject: "new {{ inputs.to }}" },
    timeoutMs: 250,
    connection: "second",
  });
  expect(changed.ok && stepOf(changed.value.source, "text")?.input).toBe("whole");
  expect(changed.ok && changed.value.digest).toMatch(/^[0-9a-f]{64}$/);
  expect(planned.source).toEqual(before);
  const again = override({ overrides: { steps: { text: { input: "whole" }, send } } });
  expect(again.ok && again.value).toBe(changed.ok && changed.value);
});

test("a retry goes over the workflow's, member by member, and config_override is another name", () => {
  const { override } = setUp();
  const changed = override({ config_override: { retry: { max_attempts: 2, retry_on: ["TIMEOUT"] } } });
  expect(changed.ok && changed.value.source.definition.retry).toEqual({
    maxAttempts: 2,
    backoff: "fixed",
    retryOn: ["TIMEOUT"],
  });
  expect(overriddenTimeout({ overrides: { timeout: 1 }, config_override: { timeout: 2 } })).toBe(1);
  expect(overriddenTimeout({ config_override: { timeout: 2 } })).toBe(2);
});

test.each<[string, Omit<StartBody, "workflow">, string]>([
  ["an unknown step", { overrides: { steps: { sendd: {} } } }, "/overrides/steps/sendd"],
  ["a retry that is none", { overrides: { retry: { max_attempts: 0 } } }, "/overrides/retry/max_attempts"],
  ["an unknown member of it", { config_override: { retry: { tries: 1 } } }, "/config_override/retry/tries"],
  ["a time limit of nothing", { overrides: { steps: { send: { timeout: 0 } } } }, "/overrides/steps/send/timeout"],
  [
    "the input of a step that takes none",
    { overrides: { steps: { each: { input: 1 } } } },
    "/overrides/steps/each/input",
  ],
  [
    "a connection where nothing is called",
    { overrides: { steps: { text: { connection: "a" } } } },
    "/overrides/steps/text/connection",
  ],
  [
    "a broken template",
    { overrides: { steps: { send: { input: { to: "{{ 1 +" } } } } },
    "/overrides/steps/send/input/to",
  ],
  [
    "a template that names no step",
    { overrides: { steps: { send: { input: { to: ["{{ steps.nobody.output }}"] } } } } },
    "/overrides/steps/send/input/to/0",
  ],
  [
    "a template that names no input",
    { overrides: { steps: { send: { input: { to: "{{ inputs.two }}" } } } } },
    "/overrides/steps/send/input/to",
  ],
  [
    "a secret where the schema does not say so",
    { overrides: { steps: { send: { input: { to: "{{ secrets.TOKEN }}" } } } } },
    "/overrides/steps/send/input/to",
  ],
  [
    "a secret in a step that calls nothing",
    { overrides: { steps: { text: { input: "{{ secrets.TOKEN }}" } } } },
    "/overrides/steps/text/input",
  ],
  [
    "a secret as a connection",
    { overrides: { steps: { send: { connection: "{{ secrets.TOKEN }}" } } } },
    "/overrides/steps/send/connection",
  ],
  [
    "a key that poses as a secret",
    { overrides: { steps: { send: { input: { to: { $secret: { name: "T" } } } } } } },
    "/overrides/steps/send/input/to/$secret",
  ],
])("%s is a located problem", (_, body, path) => {
  const refused = setUp().override(body);
  expect(refused).toMatchObject({ code: "VALIDATION", details: { problems: [{ path }] } });
});

test("a secret may stand where the action's schema says so", () => {
  const allowed = setUp().override({
    overrides: { steps: { send: { input: { headers: { "X-Key": "{{ secrets.K }}" } } } } },
  });
  expect(allowed.ok).toBe(true);
});
