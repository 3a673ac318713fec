import { expect, test } from "vitest";
import type { CallContext, PluginRpc } from "../../contracts/rpc.ts";
import type { ActionCall } from "../../engine/run/types.ts";
import { callPlugin } from "./plugin-calls.ts";

const called: string[] = [];
const plugin = (name: string): PluginRpc => ({
  invoke: async () => {
    called.push(name);
    return { ok: true, output: name };
  },
});
const PLUGINS = { toolbox: plugin("toolbox"), http: plugin("http"), code: plugin("code") };
const CONTEXT: CallContext = {
  tenantId: "ten_1",
  environment: "test",
  executionId: "exec_1",
  workflowName: "w",
  workflowVersion: "1.0.0",
  runAttempt: 1,
  isolated: false,
};

function call(more: Partial<ActionCall>, plugin: ActionCall["action"]["plugin"] = "toolbox"): ActionCall {
  const action = { namespace: "acme", connector: "erp", version: "1.0.0", action: "book" };
  return {
    path: "a",
    stepId: "a",
    attempt: 1,
    action: { ...action, plugin, idempotent: true, handler: {} },
    input: {},
    idempotencyKey: "exec_1:1:a",
    timeoutMs: 1_000,
    deadline: 1_000,
    ...more,
  };
}

test.each(["local", "self_hosted"] as const)(
  "a step that asks to run %s fails for good and says what to connect, without a call",
  async (target) => {
    called.length = 0;
    const result = await callPlugin(PLUGINS, call({ target }), CONTEXT, () => undefined);
    expect(result).toMatchObject({
      ok: false,
      permanent: true,
      error: {
        code: "UNAVAILABLE",
        message: `acme/erp.book asks to run ${target}, and no ${target} worker is connected`,
        details: { backend: target, suggestion: expect.stringContaining(`connect a ${target} worker`) },
      },
    });
    expect(called).toEqual([]);
  },
);

test("every plugin Worker gets what was pinned to it; a handler that no cloud runs is UNAVAILABLE", async () => {
  called.length = 0;
  for (const name of ["toolbox", "http", "code"] as const) {
    expect(await callPlugin(PLUGINS, call({ target: "cloud" }, name), CONTEXT, () => undefined)).toEqual({
      ok: true,
      output: name,
    });
  }
  expect(called).toEqual(["toolbox", "http", "code"]);
  const none = await callPlugin(PLUGINS, call({}, "none"), CONTEXT, () => undefined);
  expect(none).toMatchObject({ ok: false, permanent: true, error: { code: "UNAVAILABLE" } });
  const agent = { ...call({}, "none").action, namespace: "smartify", connector: "agent", action: "agent" };
  expect(await callPlugin(PLUGINS, call({ action: agent }), CONTEXT, () => undefined)).toMatchObject({
    error: { message: expect.stringContaining("no model configured"), details: { backend: "model" } },
  });
});
