import { expect, test } from "vitest";
import type { WorkflowDefinition } from "../../../engine/definition/types.ts";
import type { JsonObject } from "../../../engine/json.ts";
import { concurrencyEnvNames, concurrencyRule } from "./concurrency.ts";
import { inputScope } from "./input-scope.ts";

function workflow(concurrency: JsonObject | undefined): WorkflowDefinition {
  return {
    name: "Sync orders",
    slug: "sync-orders",
    version: "1.2.0",
    inputs: {},
    outputs: {},
    steps: [],
    concurrency,
  };
}

function ruleOf(concurrency: JsonObject | undefined) {
  const definition = workflow(concurrency);
  const scope = inputScope(definition, {
    env: { REGION: "eu" },
    executionId: "exec_x",
    now: 0,
    inputs: { customer: "acme", order: { id: 7 }, none: null },
    trigger: { payload: { shop: 3 } },
  });
  return concurrencyRule(definition, scope);
}

test("a key is its workflow's, and text: of inputs, trigger, env and workflow", () => {
  expect(
    ruleOf({ key: "{{ inputs.customer }}-{{ env.REGION }}-{{ workflow.version }}", limit: 3, strategy: "reject" }),
  ).toEqual({
    ok: true,
    value: { key: "sync-orders/acme-eu-1.2.0", limit: 3, strategy: "reject" },
  });
  const keys = ["{{ trigger.payload.shop }}", "{{ inputs.order }}", "{{ inputs.none }}"].map((key) => ruleOf({ key }));
  expect(keys.map((it) => it.ok && it.value?.key)).toEqual(["sync-orders/3", 'sync-orders/{"id":7}', "sync-orders/"]);
});

test("one at a time, and queueing, is the rule that says no more; no rule is none", () => {
  expect(ruleOf({})).toEqual({ ok: true, value: { key: "sync-orders/", limit: 1, strategy: "queue" } });
  expect(ruleOf(undefined)).toEqual({ ok: true, value: undefined });
});

test("a key that fails, or is endless, refuses the start", () => {
  for (const key of ["{{ 1 / 0 }}", "{{ 'abcdefghij' * 1 }}", "x".repeat(501)])
    expect(ruleOf({ key })).toMatchObject({ code: "VALIDATION", details: { problems: [{ path: "/inputs" }] } });
});

test("what the key reads of the environment is asked for", () => {
  expect(concurrencyEnvNames(workflow({ key: "{{ env.A }}{{ env['B'] }}{{ inputs.c }}" }))).toEqual(["A", "B"]);
  expect(concurrencyEnvNames(workflow({ key: "{{ env }}" }))).toEqual(["*"]);
  expect(concurrencyEnvNames(workflow(undefined))).toEqual([]);
});
