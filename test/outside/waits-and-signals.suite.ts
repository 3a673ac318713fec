import { beforeAll, describe, expect, test } from "vitest";
import { flaky, publishFlaky } from "./flaky-connector.ts";
import { type Json, type JsonMap, read } from "./json.ts";
import { outputOf } from "./steps-of.ts";
import { usePlatform } from "./use-platform.ts";

const outside = usePlatform();
beforeAll(() => publishFlaky(outside.api));

const wait = (until: JsonMap, id = "w", more: JsonMap = {}): JsonMap => ({ id, type: "wait", until, ...more });
const workflow = (steps: Json[], more: JsonMap = {}): JsonMap => ({ name: "Outside waits", steps, ...more });
const begin = (...steps: Json[]): Promise<string> => outside.api.begin(workflow(steps));

describe.concurrent("waits for time (section 4)", () => {
  test("a duration: the output says how long, and the record while it waits says for what", async () => {
    const id = await begin({ id: "w", type: "wait", duration: "2s" });
    const record = await outside.api.waiting(id, "time");
    expect(record.status).toBe("waiting");
    const done = await outside.api.finished(id);
    expect(outputOf(done, "w")).toMatchObject({ waitType: "duration", eventReceived: null, timedOut: false });
    expect(Number(read(outputOf(done, "w"), "waitedFor"))).toBeGreaterThanOrEqual(1.9);
  });

  test("a time in the past ends at once", async () => {
    const record = await outside.api.run(workflow([wait({ time: "2020-01-01T00:00:00Z" })]));
    expect(outputOf(record, "w")).toMatchObject({ waitType: "time", timedOut: false });
  });

  test.each(["tomorrow", "29 February 2020", "2026-02-30T00:00:00Z", "12"])(
    "a time %j that is none is VALIDATION, at publishing or in the run",
    async (time) => {
      const answer = await outside.api.start({ definition: workflow([wait({ time })]), execution_mode: "sync" });
      if (answer.status === 200) expect(read(answer.body, "error.code")).toBe("VALIDATION");
      else expect(answer).toMatchObject({ status: 400, body: { code: "VALIDATION" } });
    },
  );

  test("the wait's own timeout is a success that says timedOut; the step's is TIMEOUT", async () => {
    const own = await outside.api.run(workflow([wait({ event: "never", timeout: 1 })]));
    expect(own.status).toBe("completed");
    expect(outputOf(own, "w")).toMatchObject({ waitType: "event", eventReceived: null, timedOut: true });
    const bounded = await outside.api.run(workflow([wait({ event: "never" }, "w", { timeout: 1 })]));
    expect(bounded).toMatchObject({ status: "failed", error: { code: "TIMEOUT" } });
  });

  test("a workflow's timeout ends a run that waits as timed_out", async () => {
    const record = await outside.api.run(workflow([wait({ event: "never" })], { timeout: 1 }));
    expect(record).toMatchObject({ status: "timed_out", error: { code: "TIMEOUT" } });
  });
});

describe.concurrent("events for one execution", () => {
  test("a wait gets the event that comes, with its payload", async () => {
    const id = await begin(wait({ event: "paid" }));
    const record = await outside.api.waiting(id, "event");
    expect(record.status).toBe("waiting");
    const answer = await outside.api.act(id, "events", { name: "paid", payload: { order: 7 } });
    expect(answer).toMatchObject({ status: 202, body: { status: "accepted", execution_id: id } });
    const done = await outside.api.finished(id);
    expect(outputOf(done, "w")).toMatchObject({
      waitType: "event",
      eventReceived: { order: 7 },
      timedOut: false,
      waitedFor: expect.any(Number),
    });
  });

  test("an event that comes before its wait is kept for it, and is used once", async () => {
    const key = "before the wait";
    const id = await begin(
      flaky("s", "call", { key, after: 600 }),
      wait({ event: "e" }),
      wait({ event: "e", timeout: 1 }, "v"),
    );
    await outside.api.act(id, "events", { name: "e", payload: 1 });
    const done = await outside.api.finished(id);
    expect(outputOf(done, "w")).toMatchObject({ eventReceived: 1 });
    expect(outputOf(done, "v")).toMatchObject({ eventReceived: null, timedOut: true });
  });

  test("kept events are taken oldest first", async () => {
    const id = await begin(wait({ event: "go" }, "g"), ...["a", "b", "c"].map((name) => wait({ event: "e" }, name)));
    for (const payload of [1, 2, 3]) await outside.api.act(id, "events", { name: "e", payload });
    await outside.api.act(id, "events", { name: "go" });
    const done = await outside.api.finished(id);
    expect(["a", "b", "c"].map((name) => read(outputOf(done, name), "eventReceived"))).toEqual([1, 2, 3]);
  });

  test("filter and channel: only what fits is taken, the rest stays for others", async () => {
    const id = await begin(
      wait({ event: "e", filter: { "order.id": "A", paid: true } }),
      wait({ event: "e", channel: "shop" }, "v"),
      wait({ event: "e" }, "x"),
    );
    await outside.api.act(id, "events", { name: "e", payload: { order: { id: "B" }, paid: true } });
    await outside.api.act(id, "events", { name: "e", payload: { order: { id: "A" }, paid: "true" } });
    await outside.api.act(id, "events", { name: "other", payload: { order: { id: "A" }, paid: true } });
    await outside.api.waiting(id, "event");
    await outside.api.act(id, "events", { name: "e", channel: "shop", payload: "shop" });
    await outside.api.act(id, "events", { name: "e", payload: { order: { id: "A" }, paid: true, n: 4 } });
    const done = await outside.api.finished(id);
    expect(read(outputOf(done, "w"), "eventReceived")).toEqual({ order: { id: "A" }, paid: true, n: 4 });
    expect(read(outputOf(done, "v"), "eventReceived")).toBe("shop");
    expect(read(outputOf(done, "x"), "eventReceived.order.id")).toBe("B");
  });

  test("two waits at once: one event ends the older one, the second the other", async () => {
    const branches = { x: [wait({ event: "e" }, "a")], y: [wait({ event: "e" }, "b")] };
    const id = await begin({ id: "p", type: "parallel", branches });
    await outside.api.waiting(id, "event");
    await outside.api.act(id, "events", { name: "e", payload: 1 });
    await outside.api.when(id, (record) => outputOf(record, "p.a") !== null && outputOf(record, "p.a") !== undefined);
    await outside.api.act(id, "events", { name: "e", payload: 2 });
    const done = await outside.api.finished(id);
    expect(["p.a", "p.b"].map((path) => read(outputOf(done, path), "eventReceived"))).toEqual([1, 2]);
  });

  const names = [
    "ünïcödé 😀",
    "a b/c?d#e",
    "__proto__",
    "constructor",
    "{{ inputs }}",
    "x".repeat(200),
    "'; DROP TABLE",
  ];
  test.each(names)("the event name %j is a name like any other", async (name) => {
    const id = await begin(wait({ event: name.includes("{{") ? `{% raw %}${name}{% endraw %}` : name }));
    expect((await outside.api.act(id, "events", { name, payload: name })).status).toBe(202);
    expect(read(outputOf(await outside.api.finished(id), "w"), "eventReceived")).toBe(name);
  });

  test.each<[string, Json]>([
    ["no name", {}],
    ["an empty name", { name: "" }],
    ["a name of 201", { name: "x".repeat(201) }],
    ["a zero character", { name: "a\u0000b" }],
    ["a line break", { name: "a\nb" }],
    ["an escape", { name: "a\u001bb" }],
    ["a number", { name: 5 }],
    ["an unknown member", { name: "e", colour: 1 }],
    ["a payload that poses as a secret", { name: "e", payload: { deep: [{ $secret: "API_TOKEN" }] } }],
    ["a list", []],
    ["text", "e"],
  ])("%s is refused with 400, and the run waits on", async (_name, body) => {
    const id = await begin(wait({ event: "e" }));
    await outside.api.waiting(id, "event");
    expect(await outside.api.act(id, "events", body)).toMatchObject({ status: 400, body: { code: "VALIDATION" } });
    expect(await outside.api.record(id)).toMatchObject({ status: "waiting" });
    await outside.api.act(id, "cancel");
  });

  test("__proto__ in a payload is refused, other names of Object's own are data", async () => {
    const id = await begin(wait({ event: "e" }));
    const raw = `{"name": "e", "payload": {"__proto__": {"x": 1}}}`;
    const path = `/workflows/executions/${id}/events`;
    expect((await outside.api.request("POST", path, { raw })).status).toBe(400);
    const payload = { constructor: 1, toString: 2, hasOwnProperty: null };
    await outside.api.act(id, "events", { name: "e", payload });
    expect(read(outputOf(await outside.api.finished(id), "w"), "eventReceived")).toEqual(payload);
  });

  test("a payload is data: templates in it stay text", async () => {
    const steps = [wait({ event: "e" }), { id: "o", type: "output", value: "{{ steps.w.output.eventReceived }}" }];
    const id = await begin(...steps);
    await outside.api.act(id, "events", { name: "e", payload: "{{ execution.id }}{% raw %}" });
    expect(outputOf(await outside.api.finished(id), "o")).toEqual({ value: "{{ execution.id }}{% raw %}" });
  });

  test("900 kB travel whole; 2 MB are 413 and change nothing", async () => {
    const id = await begin(wait({ event: "e" }));
    const huge = await outside.api.act(id, "events", { name: "e", payload: "x".repeat(2_000_000) });
    expect(huge).toMatchObject({ status: 413, body: { code: "PAYLOAD_TOO_LARGE" } });
    const text = "ü".repeat(400_000);
    await outside.api.act(id, "events", { name: "e", payload: { text } });
    expect(read(outputOf(await outside.api.finished(id), "w"), "eventReceived.text")).toBe(text);
  });

  test("a thousand early events are kept, the 1,001st is 429, and what is waited for is taken all the same", async () => {
    const id = await begin(wait({ event: "go" }, "g"), wait({ event: "e", filter: { n: 999 } }));
    await outside.api.waiting(id, "event");
    const statuses: number[] = [];
    for (let from = 0; from < 1000; from += 50) {
      const answers = await Promise.all(
        Array.from({ length: 50 }, (_, at) => outside.api.act(id, "events", { name: "e", payload: { n: from + at } })),
      );
      statuses.push(...answers.map((answer) => answer.status));
    }
    expect(statuses.filter((status) => status !== 202)).toEqual([]);
    const more = await outside.api.act(id, "events", { name: "e", payload: { n: 1000 } });
    expect(more).toMatchObject({ status: 429, body: { code: "RATE_LIMITED" } });
    expect((await outside.api.act(id, "events", { name: "go" })).status).toBe(202);
    expect(read(outputOf(await outside.api.finished(id), "w"), "eventReceived")).toEqual({ n: 999 });
  });

  test("an execution that has ended takes no event: 409", async () => {
    const record = await outside.api.run(workflow([{ id: "o", type: "output", value: 1 }]));
    const answer = await outside.api.act(String(record.execution_id), "events", { name: "e" });
    expect(answer).toMatchObject({ status: 409, body: { code: "CONFLICT" } });
  });
});

describe.concurrent("races of events", () => {
  test("an event against its timeout: either it arrived or it timed out, never both", async () => {
    const ends = await Promise.all(
      Array.from({ length: 10 }, async (_, at) => {
        const id = await begin(wait({ event: "e", timeout: 1 }));
        await new Promise((resolve) => setTimeout(resolve, 900 + at * 20));
        const answer = await outside.api.act(id, "events", { name: "e", payload: at });
        const done = await outside.api.finished(id);
        return { status: answer.status, output: outputOf(done, "w"), at };
      }),
    );
    for (const { status, output, at } of ends) {
      const timedOut = read(output, "timedOut");
      expect(read(output, "eventReceived")).toBe(timedOut === true ? null : at);
      if (status === 409) expect(timedOut).toBe(true);
      else expect(status).toBe(202);
    }
  });

  test("thirty equal events at once: thirty waits get one each", async () => {
    const step = { id: "f", type: "forEach", items: "{{ range(30) }}", steps: [wait({ event: "e" })] };
    const id = await begin(step);
    await outside.api.waiting(id, "event");
    const answers = await Promise.all(
      Array.from({ length: 30 }, (_, n) => outside.api.act(id, "events", { name: "e", payload: n })),
    );
    expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([202]));
    const results = read(outputOf(await outside.api.finished(id), "f"), "results");
    const got = Array.isArray(results) ? results.map((one) => Number(read(one, "output.eventReceived"))) : [];
    expect(got.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 30 }, (_, n) => n));
  });

  test("an event against a cancel: the record says which of them came first", async () => {
    await Promise.all(
      Array.from({ length: 10 }, async (_, at) => {
        const id = await begin(wait({ event: "e" }));
        await outside.api.waiting(id, "event");
        const acts = [() => outside.api.act(id, "events", { name: "e" }), () => outside.api.act(id, "cancel")];
        const turned = at % 2 === 0 ? acts : acts.toReversed();
        await Promise.all(turned.map((act) => act()));
        const done = await outside.api.finished(id);
        const ended = { completed: false, canceled: null }[String(done.status)];
        expect(read(outputOf(done, "w"), "timedOut") ?? null).toBe(ended);
      }),
    );
  });
});
