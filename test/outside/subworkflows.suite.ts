import { randomUUID } from "node:crypto";
import { beforeAll, describe, expect, test } from "vitest";
import { flaky, publishFlaky } from "./flaky-connector.ts";
import { type Json, type JsonMap, read, readText } from "./json.ts";
import { outputOf, stepsOf } from "./steps-of.ts";
import { usePlatform } from "./use-platform.ts";

const outside = usePlatform();
const run = randomUUID().slice(0, 8);
beforeAll(() => publishFlaky(outside.api));

const child = (name: string, version: string, value: Json = version, more: JsonMap = {}): JsonMap => ({
  name: `${name} ${run}`,
  version,
  steps: [{ id: "o", type: "output", value }],
  outputs: { said: "{{ steps.o.output.value }}" },
  ...more,
});

const calling = (name: string, more: JsonMap = {}): JsonMap => ({ id: "c", workflow: `${name}-${run}`, ...more });

async function publish(...workflows: Json[]): Promise<void> {
  for (const workflow of workflows) {
    const answer = await outside.api.post("/workflows", { workflows: [workflow] });
    if (answer.status !== 201) throw new Error(answer.text);
  }
}

const parent = (step: JsonMap, more: JsonMap = {}): JsonMap => ({
  name: "Outside parent",
  steps: [step],
  outputs: { said: "{{ steps.c.outputs.said }}", also: "{{ steps.c.output.outputs.said }}" },
  ...more,
});

describe.concurrent("subworkflows (section 3)", () => {
  test("a step gives inputs, gets outputs, and both executions know each other", async () => {
    await publish(child("sum", "1.0.0", "{{ inputs.a + 1 }}", { inputs: { a: { type: "integer", required: true } } }));
    const record = await outside.api.run(parent(calling("sum", { input: { a: 41 } })));
    expect(record).toMatchObject({ status: "completed", result: { outputs: { said: 42, also: 42 } } });
    const childId = readText(stepsOf(record).get("c"), "execution_id");
    expect(await outside.api.record(childId)).toMatchObject({
      status: "completed",
      inputs: { a: 41 },
      workflow: { slug: `sum-${run}`, version: "1.0.0" },
      parent: { execution_id: record.execution_id, step: "c" },
    });
  });

  test.each<[string, JsonMap]>([
    ["a required input that is missing", { input: {} }],
    ["an input that it does not have", { input: { a: 1, b: 2 } }],
  ])("%s is a problem of the caller's file", async (_name, more) => {
    const name = `strict${_name.length}`;
    await publish(child(name, "1.0.0", 1, { inputs: { a: { type: "integer", required: true } } }));
    const answer = await outside.api.start({ definition: parent(calling(name, more)) });
    expect(answer).toMatchObject({ status: 400, body: { code: "VALIDATION" } });
  });

  test("a value of the wrong type fails the step with the child's VALIDATION", async () => {
    await publish(child("typed", "1.0.0", 1, { inputs: { a: { type: "integer", required: true } } }));
    const record = await outside.api.run(parent(calling("typed", { input: { a: "{{ 'x' ~ 'y' }}" } })));
    expect(record).toMatchObject({ status: "failed", error: { code: "VALIDATION", details: { step: "c" } } });
  });

  test.each([
    ["exact", "1.0.0", "1.0.0"],
    ["a range", "^1.0.0", "1.4.0"],
    ["a major", "1", "1.4.0"],
    ["none: the highest", undefined, "2.0.0"],
  ])("a version that is %s", async (_name, version, said) => {
    const name = `ranged${String(version).length}`;
    await publish(child(name, "1.0.0"), child(name, "2.0.0"), child(name, "1.4.0"), child(name, "2.1.0-beta.1"));
    const record = await outside.api.run(parent(calling(name, version === undefined ? {} : { version })));
    expect(read(record, "result.outputs.said")).toBe(said);
  });

  test("what a published caller means is pinned when it is published: later versions and a deletion change nothing", async () => {
    await publish(child("pinned", "1.0.0"));
    await publish(parent(calling("pinned", { version: "^1" }), { name: `pinner ${run}`, version: "1.0.0" }));
    const said = async (version: string): Promise<Json | undefined> => {
      const workflow = `pinner-${run}@${version}`;
      const answer = await outside.api.start({ workflow, execution_mode: "sync", timeout: 60 });
      return read(answer.body, "result.outputs.said");
    };
    expect(await said("1.0.0")).toBe("1.0.0");
    await publish(child("pinned", "1.1.0"));
    await publish(parent(calling("pinned", { version: "^1" }), { name: `pinner ${run}`, version: "1.0.1" }));
    expect(await said("1.0.0")).toBe("1.0.0");
    expect(await said("1.0.1")).toBe("1.1.0");
    expect((await outside.api.request("DELETE", `/workflows/pinned-${run}`)).status).toBe(200);
    expect(await said("1.0.0")).toBe("1.0.0");
  });

  test("a workflow of the same document comes first", async () => {
    await publish(child("near", "1.0.0", "published"));
    const definition = { workflows: [parent(calling("near")), child("near", "1.0.0", "beside")] };
    const record = await outside.api.run(definition, {}, { workflow_name: "Outside parent" });
    expect(read(record, "result.outputs.said")).toBe("beside");
  });

  test.each(["no-such-workflow", "workflows/executions", "x@y"])("%s cannot be called: 400", async (workflow) => {
    const answer = await outside.api.start({ definition: parent({ id: "c", workflow }) });
    expect(answer).toMatchObject({ status: 400, body: { code: "VALIDATION" } });
  });

  test("another tenant's workflow cannot be called", async () => {
    expect((await outside.other.post("/workflows", child("foreign", "1.0.0"))).status).toBe(201);
    const answer = await outside.api.start({ definition: parent(calling("foreign")) });
    expect(answer).toMatchObject({ status: 400, body: { code: "VALIDATION" } });
  });

  test("a child's failure is the step's, with the child's execution; continue_on_error goes on", async () => {
    const divide = {
      id: "d",
      connector: "connector:community/calculator@1.0.0",
      action: "divide",
      input: { a: 1, b: 0 },
    };
    await publish(child("failing", "1.0.0", 1, { steps: [divide], outputs: {} }));
    const record = await outside.api.run(parent(calling("failing"), { outputs: {} }));
    expect(record).toMatchObject({
      status: "failed",
      error: { code: "VALIDATION", details: { execution_id: expect.stringMatching(/^exec_/) } },
    });
    const on = await outside.api.run(
      parent(calling("failing", { continue_on_error: true }), { outputs: { code: "{{ steps.c.error.code }}" } }),
    );
    expect(on).toMatchObject({ status: "completed", result: { outputs: { code: "VALIDATION" } } });
  });

  test("a cancel reaches the children's children, and their calls end", async () => {
    const key = `cascade ${run}`;
    const slow = { steps: [flaky("s", "patient", { key, after: 25_000 })], outputs: {} };
    await publish(child("grandchild", "1.0.0", 1, slow));
    await publish(child("middle", "1.0.0", 1, { steps: [calling("grandchild")], outputs: {} }));
    const id = await outside.api.begin(parent(calling("middle"), { outputs: {} }));
    await outside.api.when(id, () => outside.service.calls(key).length === 1);
    const middle = readText(stepsOf(await outside.api.record(id)).get("c"), "execution_id");
    const grand = readText(stepsOf(await outside.api.record(middle)).get("c"), "execution_id");
    expect((await outside.api.act(id, "cancel")).status).toBe(200);
    expect((await outside.api.finished(id)).status).toBe("canceled");
    expect((await outside.api.finished(middle, 15)).status).toBe("canceled");
    expect((await outside.api.finished(grand, 15)).status).toBe("canceled");
  });

  test("a child that somebody cancels fails its parent's step with CANCELED", async () => {
    await publish(child("patience", "1.0.0", 1, { steps: [{ id: "w", type: "wait", duration: "60s" }], outputs: {} }));
    const id = await outside.api.begin(parent(calling("patience"), { outputs: {} }));
    const record = await outside.api.when(id, (one) => typeof read(stepsOf(one).get("c"), "execution_id") === "string");
    await outside.api.act(readText(stepsOf(record).get("c"), "execution_id"), "cancel");
    expect(await outside.api.finished(id)).toMatchObject({ status: "failed", error: { code: "CANCELED" } });
  });

  test("a workflow that calls itself is stopped at sixteen levels", async () => {
    const name = `Endless ${run}`;
    const steps = [{ id: "c", workflow: `endless-${run}`, input: { n: "{{ inputs.n + 1 }}" } }];
    const definition = { name, inputs: { n: { type: "integer", default: 1 } }, steps };
    const record = await outside.api.run(definition);
    expect(record.status).toBe("failed");
    expect(read(record, "error.details.limit")).toBe("depth");
  });

  test("one that ends calls itself as often as it needs", async () => {
    const steps = [
      { id: "c", workflow: `factorial-${run}`, condition: "inputs.n > 1", input: { n: "{{ inputs.n - 1 }}" } },
    ];
    const definition = {
      name: `Factorial ${run}`,
      inputs: { n: { type: "integer", required: true } },
      steps,
      outputs: { product: "{{ inputs.n * (steps.c.outputs.product | default(1)) }}" },
    };
    expect(read(await outside.api.run(definition, { n: 6 }), "result.outputs.product")).toBe(720);
  });

  test("in a loop each iteration has a child of its own", async () => {
    await publish(child("each", "1.0.0", "{{ inputs.a * 2 }}", { inputs: { a: { type: "integer" } } }));
    const step = calling("each", { for_each: "{{ range(12) }}", parallel: true, input: { a: "{{ item }}" } });
    const record = await outside.api.run(
      parent(step, { outputs: { all: "{{ steps.c.output | map(attribute='outputs.said') }}" } }),
    );
    expect(read(record, "result.outputs.all")).toEqual(Array.from({ length: 12 }, (_, at) => at * 2));
    const ids = Array.from({ length: 12 }, (_, at) => read(outputOf(record, `c[${at}]`), "execution_id"));
    expect(new Set(ids).size).toBe(12);
  });

  test("an event and an approval go to the child by its own id", async () => {
    await publish(
      child("listens", "1.0.0", "{{ steps.w.output.eventReceived }}", {
        steps: [
          { id: "w", type: "wait", until: { event: "e" } },
          { id: "o", type: "output", value: "{{ steps.w.eventReceived }}" },
        ],
      }),
    );
    const id = await outside.api.begin(parent(calling("listens")));
    const record = await outside.api.when(id, (one) => typeof read(stepsOf(one).get("c"), "execution_id") === "string");
    const inner = readText(stepsOf(record).get("c"), "execution_id");
    await outside.api.waiting(inner, "event");
    await outside.api.act(inner, "events", { name: "e", payload: "heard" });
    expect(read(await outside.api.finished(id), "result.outputs.said")).toBe("heard");
  });

  test("a child asks for its roles too: who started the parent must hold them", async () => {
    await publish(child("barred", "1.0.0", 1, { authorization: { roles: ["nobody-has-this"] } }));
    expect(await outside.api.run(parent(calling("barred")))).toMatchObject({
      status: "failed",
      error: { code: "FORBIDDEN", details: { step: "c" } },
    });
  });

  test("a step that called a workflow is undone by its own compensate, which sees the child's outputs", async () => {
    await publish(child("undone", "1.0.0", "booked"));
    const key = `undone ${run}`;
    const undo = flaky("undo", "call", { key, of: "{{ steps.c.outputs.said }}" });
    const fail = {
      id: "d",
      connector: "connector:community/calculator@1.0.0",
      action: "divide",
      input: { a: 1, b: 0 },
    };
    const steps = [calling("undone", { compensate: [undo] }), fail];
    expect((await outside.api.run({ name: "Undoing", steps })).status).toBe("failed");
    expect(outside.service.calls(key).map((call) => read(call.body, "input.of"))).toEqual(["booked"]);
  });
});
