import { expect, test } from "vitest";
import type { HttpPluginRpc } from "../../contracts/http-plugin-rpc.ts";
import type { CallContext, PluginRpc } from "../../contracts/rpc.ts";
import type { ActionCall, ActionResult } from "../../engine/run/types.ts";
import { callPlugin } from "./plugin-calls.ts";

const called: string[] = [];
const plugin = (name: string): PluginRpc => ({
  invoke: async () => {
    called.push(name);
    return { ok: true, output: name };
  },
});

/** The http plugin, with the calls that came: what they had of their action, and the digest. */
class KeepingPlugin implements HttpPluginRpc {
  readonly kept = new Map<string, unknown>();
  readonly came: string[] = [];

  async invoke({ action }: ActionCall, _context: CallContext, ref?: string): Promise<ActionResult> {
    called.push("http");
    this.came.push(ref === undefined ? "whole, no digest" : "whole");
    if (ref !== undefined) this.kept.set(ref, action);
    return { ok: true, output: "http" };
  }

  async invokeKnown(ref: string, call: Omit<ActionCall, "action">): Promise<ActionResult | null> {
    expect(call).not.toHaveProperty("action");
    const action = this.kept.get(ref);
    this.came.push(action === undefined ? "not known" : `known: ${JSON.stringify(action)}`);
    return action === undefined ? null : { ok: true, output: "http" };
  }
}

const PLUGINS = { toolbox: plugin("toolbox"), http: new KeepingPlugin(), code: plugin("code") };
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
  const command = { ...call({}, "none").action, handler: { kind: "command", command: "ls" } };
  expect(await callPlugin(PLUGINS, call({ action: command }), CONTEXT, () => undefined)).toMatchObject({
    error: { message: expect.stringContaining("has a command handler"), details: { backend: "command" } },
  });
  const agent = { ...call({}, "none").action, namespace: "smartify", connector: "agent", action: "agent" };
  expect(await callPlugin(PLUGINS, call({ action: agent }), CONTEXT, () => undefined)).toMatchObject({
    error: { message: expect.stringContaining("no model configured"), details: { backend: "model" } },
  });
});

test("an action goes to the http plugin once, and again when it is not known there any more", async () => {
  const http = new KeepingPlugin();
  const ask = (action: ActionCall["action"], context = CONTEXT) =>
    callPlugin({ ...PLUGINS, http }, call({ action }), context, () => undefined);
  const first = { ...call({}, "http").action, handler: { url: "https://a.example" } };
  // Alike in name, version and digest of its manifest, as two releases may pin it.
  const second = { ...first, handler: { url: "https://b.example" } };
  for (const action of [first, structuredClone(first), second, first, second]) {
    expect(await ask(action)).toEqual({ ok: true, output: "http" });
  }
  const [knownFirst, knownSecond] = [first, second].map((action) => `known: ${JSON.stringify(action)}`);
  expect(http.came).toEqual(["whole", knownFirst, "whole", knownFirst, knownSecond]);
  http.kept.clear();
  http.came.length = 0;
  await ask(first);
  await ask(first);
  expect(http.came).toEqual(["not known", "whole", knownFirst]);
});

test("an isolated execution's isolate is told the whole action with each call", async () => {
  const http = new KeepingPlugin();
  const action = { ...call({}, "http").action, handler: { url: "https://isolated.example" } };
  for (let count = 0; count < 2; count += 1)
    await callPlugin({ ...PLUGINS, http }, call({ action }), { ...CONTEXT, isolated: true }, () => undefined);
  expect(http.came).toEqual(["whole, no digest", "whole, no digest"]);
});

test("a plugin of the release before is told the whole action; a plugin that fails is not asked twice", async () => {
  const ask = async (error: Error) => {
    const http = new KeepingPlugin();
    http.invokeKnown = async () => {
      throw error;
    };
    const action = { ...call({}, "http").action, handler: { url: "https://before.example" } };
    const results = [1, 2].map(() => callPlugin({ ...PLUGINS, http }, call({ action }), CONTEXT, () => undefined));
    return { came: http.came, last: (await Promise.all(results)).at(-1) };
  };
  const before = new TypeError('The RPC receiver does not implement the method "invokeKnown".');
  expect(await ask(before)).toEqual({ came: ["whole", "whole"], last: { ok: true, output: "http" } });
  const further = new TypeError('The RPC receiver does not implement the method "findConnection".');
  for (const error of [new Error("gone"), further])
    expect((await ask(error)).last).toMatchObject({ ok: false, outcomeUnknown: true });
});
