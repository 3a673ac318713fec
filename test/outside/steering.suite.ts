import { beforeAll, describe, expect, test } from "vitest";
import { flaky, publishFlaky } from "./flaky-connector.ts";
import { type Json, type JsonMap, read } from "./json.ts";
import { outputOf, stepsOf } from "./steps-of.ts";
import { usePlatform } from "./use-platform.ts";

const outside = usePlatform();
beforeAll(() => publishFlaky(outside.api));

const give = (id: string, value: Json): JsonMap => ({ id, type: "output", value });
const WAIT: JsonMap = { id: "w", type: "wait", until: { event: "go" } };
const begin = (...steps: Json[]): Promise<string> => outside.api.begin({ name: "Outside steering", steps });
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe.concurrent("pause and resume (sections 11, 20)", () => {
  test("what is in flight finishes, nothing more begins until it is resumed", async () => {
    const key = "paused";
    const id = await begin(flaky("a", "patient", { key, after: 800 }), flaky("b", "call", { key }));
    await outside.api.when(id, () => outside.service.calls(key).length === 1);
    const paused = await outside.api.act(id, "pause", { reason: "repairs" });
    expect(paused).toMatchObject({ status: 200, body: { status: "paused", execution_id: id } });
    await outside.api.when(id, (record) => read(stepsOf(record).get("a"), "status") === "completed");
    await sleep(400);
    expect(outside.service.calls(key)).toHaveLength(1);
    expect((await outside.api.record(id)).status).toBe("paused");
    expect(await outside.api.act(id, "resume")).toMatchObject({ status: 200 });
    expect((await outside.api.finished(id)).status).toBe("completed");
    expect(outside.service.calls(key)).toHaveLength(2);
  });

  test("waits and the workflow's clock stop while it is paused", async () => {
    const id = await outside.api.begin({
      name: "Clock",
      timeout: 3,
      steps: [{ id: "w", type: "wait", duration: "2s" }, give("o", 1)],
    });
    await outside.api.waiting(id, "time");
    await outside.api.act(id, "pause");
    await sleep(4000);
    expect((await outside.api.record(id)).status).toBe("paused");
    await outside.api.act(id, "resume");
    expect((await outside.api.finished(id)).status).toBe("completed");
  });

  test("events, messages and decisions are taken while it is paused, and count after it", async () => {
    const id = await begin(WAIT, give("o", "{{ steps.w.eventReceived }}"));
    await outside.api.waiting(id, "event");
    await outside.api.act(id, "pause");
    expect((await outside.api.act(id, "events", { name: "go", payload: 5 })).status).toBe(202);
    await sleep(200);
    expect((await outside.api.record(id)).status).toBe("paused");
    await outside.api.act(id, "resume");
    expect(outputOf(await outside.api.finished(id), "o")).toEqual({ value: 5 });
  });

  test("a paused run is canceled as any other", async () => {
    const id = await begin(WAIT);
    await outside.api.waiting(id, "event");
    await outside.api.act(id, "pause");
    expect((await outside.api.act(id, "cancel")).status).toBe(200);
    expect((await outside.api.finished(id)).status).toBe("canceled");
    expect((await outside.api.act(id, "resume")).status).toBe(409);
  });

  test("eight resumes at once begin the next step once", async () => {
    const key = "eight resumes";
    const id = await begin(WAIT, flaky("s", "call", { key }));
    await outside.api.waiting(id, "event");
    await outside.api.act(id, "pause");
    await outside.api.act(id, "events", { name: "go" });
    const answers = await Promise.all(Array.from({ length: 8 }, () => outside.api.act(id, "resume")));
    for (const { status } of answers) expect([200, 409]).toContain(status);
    expect((await outside.api.finished(id)).status).toBe("completed");
    expect(outside.service.calls(key)).toHaveLength(1);
  });

  test("pauses and resumes in quick turn lose nothing", async () => {
    const step = { ...flaky("s", "call", { key: "turns", n: "{{ item }}", after: 20 }), for_each: "{{ range(20) }}" };
    const id = await begin(step);
    for (let turn = 0; turn < 10; turn++) {
      const answer = await outside.api.act(id, turn % 2 === 0 ? "pause" : "resume");
      expect([200, 409]).toContain(answer.status);
    }
    await outside.api.act(id, "resume");
    const done = await outside.api.finished(id);
    expect(done.status).toBe("completed");
    expect(outside.service.calls("turns").map((call) => read(call.body, "input.n"))).toEqual(
      Array.from({ length: 20 }, (_, n) => n),
    );
  });
});

describe.concurrent("acts that do not fit", () => {
  const bodies: Record<string, Json> = {
    pause: {},
    resume: {},
    shutdown: {},
    events: { name: "e" },
    messages: { node: "a", payload: 1 },
    "approvals/s": { decision: "approve" },
  };

  test.each(Object.entries(bodies))("%s of a run that has ended: 409, and the record stays", async (verb, body) => {
    const run = await outside.api.run({ name: "Ended", steps: [give("o", 1)] });
    const id = String(run.execution_id);
    const answer = await outside.api.act(id, verb, body);
    const statuses = verb.startsWith("approvals") ? [404, 409] : [409];
    expect(statuses).toContain(answer.status);
    expect(await outside.api.record(id)).toStrictEqual(run);
  });

  test.each(Object.entries({ ...bodies, cancel: {} }))(
    "%s of another tenant's run, or of none: 404",
    async (verb, body) => {
      const answer = await outside.other.start({ definition: { name: "Theirs", steps: [WAIT] } });
      const theirs = String(read(answer.body, "execution_id"));
      for (const id of [theirs, "exec_nothing", `exec_${"0".repeat(44)}`]) {
        expect(await outside.api.act(id, verb, body)).toMatchObject({ status: 404, body: { code: "NOT_FOUND" } });
      }
      expect((await outside.other.waiting(theirs, "event")).status).toBe("waiting");
      await outside.other.act(theirs, "cancel");
    },
  );

  const spoiled: [string, string][] = [
    ["half a JSON", '{"a":'],
    ["a list", "[]"],
    ["text", '"x"'],
    ["null", "null"],
    ["an unknown member", '{"colour":1}'],
    ["a duplicate of a prototype", '{"__proto__":{}}'],
    ["10,000 nested lists", "[".repeat(10_000) + "]".repeat(10_000)],
  ];
  for (const verb of ["cancel", ...Object.keys(bodies)]) {
    test.each(spoiled)(`${verb} with %s: 400, and the run waits on`, async (_name, raw) => {
      const id = await begin(WAIT);
      await outside.api.waiting(id, "event");
      const answer = await outside.api.request("POST", `/workflows/executions/${id}/${verb}`, { raw });
      expect(answer).toMatchObject({ status: 400, body: { code: "VALIDATION" } });
      expect((await outside.api.record(id)).status).toBe("waiting");
      await outside.api.act(id, "cancel");
    });
  }

  test.each<[string, string, Json]>([
    ["resume", "a budget without a limit", { budget: { max_steps: 0 } }],
    ["resume", "a budget of text", { budget: { max_tokens: "many" } }],
    ["resume", "an unknown budget", { budget: { max_colours: 1 } }],
    ["pause", "a reason that is no text", { reason: { $secret: "X" } }],
    ["pause", "control characters", { reason: "a\u0000b" }],
    ["cancel", "compensate as text", { compensate: "yes" }],
    ["cancel", "a reason without end", { reason: "x".repeat(501) }],
    ["shutdown", "a deadline that is none", { deadline: "soon" }],
    ["shutdown", "a negative deadline", { deadline: -1 }],
  ])("%s with %s: 400", async (verb, _name, body) => {
    const id = await begin(WAIT);
    expect(await outside.api.act(id, verb, body)).toMatchObject({ status: 400, body: { code: "VALIDATION" } });
    await outside.api.act(id, "cancel");
  });

  test("a key that may only read steers nothing", async () => {
    const made = await outside.api.post("/keys", {
      name: "r",
      environment: "live",
      scopes: ["executions:read"],
      roles: [],
    });
    const key = String(read(made.body, "key"));
    const id = await begin(WAIT);
    await outside.api.waiting(id, "event");
    for (const [verb, body] of Object.entries({ ...bodies, cancel: {} })) {
      expect([verb, (await outside.api.act(id, verb, body, { key })).status]).toEqual([verb, 403]);
    }
    expect((await outside.api.post("/events", { name: "go", key: "k" }, { key })).status).toBe(403);
    await outside.api.act(id, "cancel");
  });
});

describe.concurrent("reading one step by its path", () => {
  const odd = [
    "%",
    "%2",
    "%zz",
    "a%00b",
    "a%0ab",
    "[",
    "]",
    "a[",
    "a[x]",
    "a[-1]",
    "a[999999999999]",
    "a@",
    "a@0",
    "a~~",
    "a..b",
    "..",
    "%2e%2e%2f",
    "__proto__",
    "a".repeat(3000),
    "😀",
    "a%2Fb",
  ];
  test.each(odd)("%j: 400 or 404", async (path) => {
    const run = await outside.api.run({ name: "Paths", steps: [give("a", 1)] });
    const answer = await outside.api.get(`/workflows/executions/${String(run.execution_id)}/steps/${path}`);
    expect([400, 404, 414]).toContain(answer.status);
  });

  test("iterations beyond the hundredth are read by their path", async () => {
    const steps = [{ ...give("a", "{{ item }}"), for_each: "{{ range(150) }}" }];
    const run = await outside.api.run({ name: "Paths", steps });
    expect(outputOf(run, "a[120]")).toBeUndefined();
    for (const at of [0, 99, 100, 149]) {
      const answer = await outside.api.get(`/workflows/executions/${String(run.execution_id)}/steps/a[${at}]`);
      expect(answer).toMatchObject({ status: 200, body: { path: `a[${at}]`, output: { value: at } } });
    }
    expect((await outside.api.get(`/workflows/executions/${String(run.execution_id)}/steps/a[150]`)).status).toBe(404);
  });
});
