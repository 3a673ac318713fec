import { describe, expect, test } from "vitest";
import { modulesDigest } from "../../../connectors/code/modules-digest.ts";
import type { CodeGrant, CodeReady, CodeWish } from "../../../contracts/code-gate-rpc.ts";
import type { SandboxJob } from "../../../contracts/code-sandbox-rpc.ts";
import type { CallContext, StepReport } from "../../../contracts/rpc.ts";
import type { JsonObject } from "../../../engine/json.ts";
import type { ActionCall, ActionResult } from "../../../engine/run/types.ts";
import { loadModules } from "./module-store.ts";
import { type ModuleDeps, runModule } from "./run-module.ts";

const MODULES = { "act.js": "export const act = () => 1;" };
const DIGEST = modulesDigest(MODULES);

function call(
  handler: object = {},
  more: Partial<ActionCall> = {},
  context?: ActionCall["action"]["context"],
): ActionCall {
  const own: JsonObject = JSON.parse(JSON.stringify({ kind: "code", module: "act.js", digest: DIGEST, ...handler }));
  return {
    path: "call",
    stepId: "call",
    attempt: 1,
    action: {
      namespace: "acme",
      connector: "greeter",
      version: "1.0.0",
      action: "act",
      plugin: "code",
      idempotent: false,
      handler: own,
      ...(context === undefined ? {} : { context }),
    },
    input: {},
    idempotencyKey: "exe_1:1:call",
    timeoutMs: 1_000,
    deadline: 1_000_000,
    ...more,
  };
}

const CONTEXT: CallContext = {
  tenantId: "ten_a",
  environment: "live",
  executionId: "exe_1",
  workflowId: "w",
  workflowName: "W",
  workflowVersion: "1.0.0",
  runAttempt: 1,
  isolated: false,
};

/** A sandbox that answers 1 to everything, and remembers what it was asked. */
function world(more: Partial<ModuleDeps> = {}) {
  const jobs: SandboxJob[] = [];
  const wishes: [Omit<CodeGrant, "timeoutMs">, CodeWish][] = [];
  const said: StepReport[] = [];
  const places = { taken: 0, back: 0 };
  const deps: ModuleDeps = {
    sandbox: {
      run: async (job) => {
        jobs.push(job);
        return { kind: "answer", text: '{"ok":true,"isolate":"","output":1}' };
      },
    },
    gate: {
      prepareForCode: async (grant, wish): Promise<CodeReady> => {
        wishes.push([grant, wish]);
        const env = { REGION: "eu", LEVEL: 3, OTHER: "no" };
        return { ok: true, connection: { id: "con_1", config: { base_url: "https://a.dev" } }, env };
      },
    },
    host: () => ({ send: async () => ({ ok: false, message: "" }), log: async () => {}, progress: async () => {} }),
    source: (modules) => ({ modules: async () => ({ ...(await modules()) }) }),
    loadModules: async () => MODULES,
    takePlace: async () => {
      places.taken += 1;
      return {
        ok: true,
        giveBack: () => {
          places.back += 1;
        },
      };
    },
    report: async (report) => void said.push(report),
    now: () => 10_000,
    ...more,
  };
  return { deps, jobs, wishes, said, places };
}

const IDS = [
  "attempt",
  "connection",
  "deadline",
  "execution_id",
  "execution_mode",
  "idempotency_key",
  "secrets",
  "step_name",
  "workflow_id",
  "workflow_name",
  "workflow_version",
];

async function told(asked: ActionCall): Promise<JsonObject> {
  const { deps, jobs } = world();
  await runModule(asked, CONTEXT, deps);
  return jobs[0]?.context ?? {};
}

describe("code is told", () => {
  test("ids, attempt, deadline and key, and nothing else that its connector did not declare", async () => {
    expect(Object.keys(await told(call())).sort()).toEqual(IDS);
    // What the engine gives, it gives because it was declared.
    const given = { inputs: { a: 1 }, previous_steps: { first: { output: 2, status: "success" } } };
    const context = await told(call({}, { given }));
    expect(context).toMatchObject(given);
    expect(Object.keys(context).sort()).toEqual([...IDS, "inputs", "previous_steps"].sort());
  });

  test("the environment values that are declared, by name, with their defaults; a required one must be set", async () => {
    const environment = [
      { name: "REGION", default: "us" },
      { name: "LEVEL", required: true },
      { name: "D", default: 7 },
    ];
    expect((await told(call({ environment }))).environment).toEqual({ REGION: "eu", LEVEL: 3, D: 7 });
    expect((await told(call({}, {}, ["environment"]))).environment).toEqual({});
    const { deps, jobs } = world();
    const missing = await runModule(call({ environment: [{ name: "NOT_SET", required: true }] }), CONTEXT, deps);
    expect(missing).toMatchObject({ ok: false, error: { code: "VALIDATION", details: { env: "NOT_SET" } } });
    expect(jobs).toEqual([]);
  });

  test("no id of its own by what an input or a step happens to be named", async () => {
    const given = { inputs: { execution_id: "forged" }, execution_id: "forged", secrets: { KEY: "forged" } };
    expect(await told(call({}, { given }))).toMatchObject({ execution_id: "exe_1", secrets: {} });
  });

  test("not more than a call can carry", async () => {
    const { deps, jobs } = world();
    const given = { inputs: { text: "ü".repeat(2_200_000) } };
    expect(await runModule(call({}, { given }), CONTEXT, deps)).toMatchObject({
      ok: false,
      error: { code: "PAYLOAD_TOO_LARGE", details: { limit: "payload_bytes" } },
    });
    expect(jobs).toEqual([]);
  });
});

describe("isolates are named", () => {
  const nameFor = async (handler: object, context: Partial<CallContext>) => {
    const { deps, jobs } = world();
    await runModule(call(handler), { ...CONTEXT, ...context }, deps);
    return jobs[0]?.isolate;
  };

  test("apart by tenant, environment, modules and limits, and by execution where they are isolated", async () => {
    const names = await Promise.all([
      nameFor({}, {}),
      nameFor({}, { tenantId: "ten_b" }),
      nameFor({}, { environment: "test" }),
      nameFor({ digest: modulesDigest({ "act.js": "" }) }, {}),
      nameFor({ limits: { cpuMs: 100 } }, {}),
      nameFor({}, { isolated: true }),
      nameFor({}, { isolated: true, executionId: "exe_2" }),
      nameFor({}, { isolated: true, executionId: "exe_2", tenantId: "ten_b" }),
    ]);
    expect(new Set(names).size).toBe(names.length);
    expect(await nameFor({}, { executionId: "exe_2" }), "a warm one is used again").toBe(names[0]);
  });

  test("by what no tenant writes: neither names nor texts of its own stand in them", async () => {
    const name = await nameFor({ module: "a/../b.js" }, { workflowName: "shared/ten_b/live" });
    expect(name).toMatch(/^shared\/ten_a\/live\/[0-9a-f]{64}\/\d+$/);
  });
});

describe("stored modules with another digest", () => {
  test("are refused with an error that says so, and never run", async () => {
    let ran = false;
    const altered = { "act.js": "export const act = () => 'altered';" };
    const { deps } = world({
      loadModules: (digest) => loadModules("ten_a", digest, async () => altered),
      sandbox: {
        async run(_job, _host, source) {
          await source.modules();
          ran = true;
          return { kind: "answer", text: '{"ok":true,"output":"altered"}' };
        },
      },
    });
    const result = await runModule(call(), CONTEXT, deps);
    expect(result).toMatchObject({
      ok: false,
      permanent: true,
      error: { code: "INTERNAL_ERROR", details: { reason: "checksum" } },
    });
    expect(result.ok ? "" : result.error.message).toContain("not those that were published");
    expect(ran).toBe(false);
  });
});

describe("a sandbox that was ended for its memory", () => {
  /** Each call ends when the test says so, with the connection lost. */
  function ending(at: number) {
    const ends: (() => void)[] = [];
    const { deps } = world({
      sandbox: {
        run: () =>
          new Promise((_, reject) => {
            ends.push(() => reject(new Error("Network connection lost.")));
          }),
      },
      ends: async () => [{ at, reason: "memory" }],
      stuckMs: 5_000,
    });
    return { deps, kill: () => ends.splice(0).map((end) => end()), running: () => ends.length };
  }
  const running = async (count: number, of: { running(): number }) => {
    while (of.running() < count) await new Promise((later) => setTimeout(later));
  };

  test("says so to a call that was alone in it, for good", async () => {
    const sandbox = ending(10_001);
    const result = runModule(call(), CONTEXT, sandbox.deps);
    await running(1, sandbox);
    sandbox.kill();
    expect(await result).toMatchObject({
      ok: false,
      permanent: true,
      error: { code: "VALIDATION", details: { limit: "memory" } },
    });
  });

  test("lets calls try again of which nobody knows which it was", async () => {
    const sandbox = ending(10_001);
    const results = [runModule(call(), CONTEXT, sandbox.deps), runModule(call(), CONTEXT, sandbox.deps)];
    await running(2, sandbox);
    sandbox.kill();
    for (const result of await Promise.all(results)) {
      expect(result).toMatchObject({ ok: false, error: { code: "UNAVAILABLE", details: { limit: "memory" } } });
      expect(result).not.toHaveProperty("permanent");
    }
  });

  test("before the call began is nothing to it", async () => {
    const sandbox = ending(9_000);
    const result = runModule(call(), CONTEXT, sandbox.deps);
    await running(1, sandbox);
    sandbox.kill();
    const ended = await result;
    expect(ended).toMatchObject({ ok: false, error: { code: "UNAVAILABLE" } });
    expect(JSON.stringify(ended)).not.toContain("memory");
  });
});

describe("a connection that ended while the code ran", () => {
  const failed = {
    ok: false as const,
    error: { code: "UNAVAILABLE" as const, message: "m", details: { reason: "connection" } },
  };
  const answering = (text: string) =>
    world({
      host: (_grant, record) => {
        record.failed = failed;
        return { send: async () => ({ ok: false, message: "m" }), log: async () => {}, progress: async () => {} };
      },
      sandbox: { run: async () => ({ kind: "answer", text }) },
    }).deps;

  test("is what the step fails with where the code fails, so that it can wait for it", async () => {
    const thrown = '{"ok":false,"kind":"thrown","message":"TypeError: m"}';
    const result: ActionResult = await runModule(call(), CONTEXT, answering(thrown));
    expect(result).toMatchObject(failed);
  });

  test("is not where the code made do without", async () => {
    expect(await runModule(call(), CONTEXT, answering('{"ok":true,"output":1}'))).toMatchObject({
      ok: true,
      output: 1,
    });
  });
});

test("a call without the connection that it needs is no step run; one whose code ran is", async () => {
  const error = { code: "UNAVAILABLE" as const, message: "none", details: { reason: "connection" } };
  const { deps, jobs } = world({ gate: { prepareForCode: async () => ({ ok: false, error }) } });
  const missing = await runModule(call({}, { connection: "ada" }), CONTEXT, deps);
  expect(missing).toEqual({ ok: false, error });
  expect(jobs).toEqual([]);
  const over: ModuleDeps["host"] = (_grant, record) => {
    record.failed = { ok: false, error };
    return { send: async () => ({ ok: false, message: "" }), log: async () => {}, progress: async () => {} };
  };
  const text = '{"ok":false,"isolate":"","error":{"message":"gone"}}';
  const failing = { run: async () => ({ kind: "answer" as const, text }) };
  const ran = await runModule(call(), CONTEXT, { ...world().deps, host: over, sandbox: failing });
  expect(ran).toMatchObject({ ok: false, error, usage: { compute_ms: 0 } });
});

describe("a place among the calls that run at once", () => {
  test("is given back however the call ends, and waiting for it computes nothing", async () => {
    let now = 10_000;
    const { deps, places } = world({ now: () => now });
    const { takePlace } = deps;
    const slow: ModuleDeps = {
      ...deps,
      takePlace: async (...asked) => {
        now += 400;
        return takePlace(...asked);
      },
    };
    expect((await runModule(call(), CONTEXT, slow)).usage?.compute_ms).toBe(0);
    await runModule(call(), CONTEXT, { ...slow, sandbox: { run: () => Promise.reject(new Error("lost")) } });
    expect(places).toEqual({ taken: 2, back: 2 });
  });

  test("is one of as many as the connection says, else its connector, else the usual number", async () => {
    const asked: (number | undefined)[] = [];
    const said = async (config: JsonObject, limits?: object) => {
      const { deps } = world({
        gate: { prepareForCode: async () => ({ ok: true, connection: { id: "con_1", config }, env: {} }) },
      });
      const takePlace: ModuleDeps["takePlace"] = async (number) => {
        asked.push(number);
        return { ok: true, giveBack: () => {} };
      };
      const handler = limits === undefined ? {} : { limits: { cpuMs: 100, ...limits } };
      await runModule(call(handler, { connection: "own" }), CONTEXT, { ...deps, takePlace });
    };
    await said({ concurrent: 3 }, { concurrent: 20 });
    await said({ concurrent: 5_000 });
    await said({ concurrent: "3" }, { concurrent: 20 });
    await said({});
    expect(asked).toEqual([3, 100, 20, undefined]);
  });

  test("that there is none of is RATE_LIMITED, and nothing ran", async () => {
    const busy = { ok: false as const, error: { code: "RATE_LIMITED" as const, message: "busy" } };
    const { deps, jobs } = world({ takePlace: async () => busy });
    expect(await runModule(call(), CONTEXT, deps)).toMatchObject(busy);
    expect(jobs).toEqual([]);
  });
});
