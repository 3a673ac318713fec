import { randomUUID } from "node:crypto";
import { describe, expect, test } from "vitest";
import { type Json, type JsonMap, read } from "./json.ts";
import { outputOf } from "./steps-of.ts";
import { usePlatform } from "./use-platform.ts";

const outside = usePlatform();

const wait = (until: JsonMap, id = "w", more: JsonMap = {}): JsonMap => ({ id, type: "wait", until, ...more });
const workflow = (steps: Json[], more: JsonMap = {}): JsonMap => ({ name: "Outside keyed", steps, ...more });
const begin = (...steps: Json[]): Promise<string> => outside.api.begin(workflow(steps));

describe.concurrent("events with a key, over all executions (section 20)", () => {
  const keyed = (key: string, more: JsonMap = {}, id = "w"): JsonMap => wait({ event: "arrived", key, ...more }, id);
  const publish = (key: string, payload: Json, more: JsonMap = {}): Promise<Json | undefined> =>
    outside.api.post("/events", { name: "arrived", key, payload, ...more }).then((answer) => {
      expect(answer.status).toBe(202);
      return answer.body;
    });

  test("every execution that waits for the key gets it once", async () => {
    const key = randomUUID();
    const ids = await Promise.all(Array.from({ length: 5 }, () => begin(keyed(key))));
    const stranger = await begin(keyed(`${key} not`));
    await Promise.all(ids.map((id) => outside.api.waiting(id, "event")));
    expect(await publish(key, { n: 1 })).toMatchObject({ event_id: expect.any(String) });
    for (const id of ids) {
      expect(read(outputOf(await outside.api.finished(id), "w"), "eventReceived")).toEqual({ n: 1 });
    }
    expect(await outside.api.record(stranger)).toMatchObject({ status: "waiting" });
    await outside.api.act(stranger, "cancel");
  });

  test("when none waits, the first that comes to wait has it, the next does not", async () => {
    const key = randomUUID();
    expect(await publish(key, "early")).toMatchObject({ delivered: 0 });
    const first = await outside.api.run(workflow([keyed(key)]));
    expect(read(outputOf(first, "w"), "eventReceived")).toBe("early");
    const second = await outside.api.run(workflow([keyed(key, { timeout: 1 })]));
    expect(outputOf(second, "w")).toMatchObject({ eventReceived: null, timedOut: true });
  });

  test("with ttl 0 it is for those who wait now only; a short ttl ends", async () => {
    const key = randomUUID();
    await publish(key, "gone", { ttl: 0 });
    await publish(key, "short", { ttl: 1 });
    await new Promise((resolve) => setTimeout(resolve, 1500));
    const record = await outside.api.run(workflow([keyed(key, { timeout: 1 })]));
    expect(outputOf(record, "w")).toMatchObject({ eventReceived: null, timedOut: true });
  });

  test("one execution that waits twice gets one event once", async () => {
    const key = randomUUID();
    const id = await begin({
      id: "p",
      type: "parallel",
      branches: { x: [keyed(key, {}, "a")], y: [keyed(key, {}, "b")] },
    });
    await outside.api.waiting(id, "event");
    await publish(key, 1);
    const one = await outside.api.when(id, (record) =>
      ["p.a", "p.b"].some((path) => read(outputOf(record, path), "eventReceived") === 1),
    );
    expect(one.status).toBe("waiting");
    await publish(key, 2);
    const done = await outside.api.finished(id);
    expect(["p.a", "p.b"].map((path) => read(outputOf(done, path), "eventReceived")).sort()).toEqual([1, 2]);
  });

  test("an event with a key does not end a wait that names none", async () => {
    const key = randomUUID();
    const id = await begin({
      id: "p",
      type: "parallel",
      branches: { x: [wait({ event: "arrived" }, "b")], y: [keyed(key, {}, "a")] },
    });
    await outside.api.waiting(id, "event");
    await publish(key, "keyed");
    await outside.api.when(id, (record) => read(outputOf(record, "p.a"), "eventReceived") === "keyed");
    await publish(key, "keyed again");
    expect(await outside.api.record(id)).toMatchObject({ status: "waiting" });
    await outside.api.act(id, "events", { name: "arrived", payload: "direct" });
    expect(read(outputOf(await outside.api.finished(id), "p.b"), "eventReceived")).toBe("direct");
  });

  test("the key is a template over the run's data; name and filter must fit too", async () => {
    const key = randomUUID();
    const definition = workflow([wait({ event: "arrived", key: "{{ inputs.k }}-1", filter: { ok: true } })], {
      inputs: { k: { type: "string" } },
    });
    const id = await outside.api.begin(definition, { k: key });
    await outside.api.waiting(id, "event");
    await outside.api.post("/events", { name: "departed", key: `${key}-1`, payload: { ok: true } });
    await publish(`${key}-1`, { ok: false });
    expect(await outside.api.record(id)).toMatchObject({ status: "waiting" });
    await publish(`${key}-1`, { ok: true, n: 2 });
    expect(read(outputOf(await outside.api.finished(id), "w"), "eventReceived")).toEqual({ ok: true, n: 2 });
  });

  test("another tenant's event with the same key does not arrive", async () => {
    const key = randomUUID();
    const id = await begin(keyed(key));
    await outside.api.waiting(id, "event");
    const foreign = await outside.other.post("/events", { name: "arrived", key, payload: "foreign" });
    expect(foreign).toMatchObject({ status: 202, body: { delivered: 0 } });
    expect(await outside.api.record(id)).toMatchObject({ status: "waiting" });
    await publish(key, "own");
    expect(read(outputOf(await outside.api.finished(id), "w"), "eventReceived")).toBe("own");
  });

  test("twenty events of one key come in the order in which they were published", async () => {
    const key = randomUUID();
    for (let n = 0; n < 20; n++) await publish(key, n);
    const record = await outside.api.run(
      workflow([{ id: "f", type: "forEach", items: "{{ range(20) }}", maxConcurrency: 1, steps: [keyed(key)] }]),
    );
    const results = read(outputOf(record, "f"), "results");
    expect(Array.isArray(results) && results.map((one) => read(one, "output.eventReceived"))).toEqual(
      Array.from({ length: 20 }, (_, n) => n),
    );
  });

  test.each<[string, JsonMap]>([
    ["no name", { key: "k" }],
    ["an empty key", { name: "e", key: "" }],
    ["a number as key", { name: "e", key: 5 }],
    ["a negative ttl", { name: "e", key: "k", ttl: -1 }],
    ["a ttl that is none", { name: "e", key: "k", ttl: "soon" }],
    ["a control character in the key", { name: "e", key: "a\u0007b" }],
    ["a payload that poses as a secret", { name: "e", key: "k", payload: { $secret: "X" } }],
    ["an unknown member", { name: "e", key: "k", colour: 1 }],
  ])("POST /events with %s: 400", async (_name, body) => {
    expect(await outside.api.post("/events", body)).toMatchObject({ status: 400, body: { code: "VALIDATION" } });
  });

  test("a publication at the moment of the start is not lost", async () => {
    const got = await Promise.all(
      Array.from({ length: 30 }, async (_, at) => {
        const key = randomUUID();
        const later = new Promise((resolve) => setTimeout(resolve, at * 4)).then(() => publish(key, at));
        const [id] = await Promise.all([begin(keyed(key)), later]);
        return read(outputOf(await outside.api.finished(id), "w"), "eventReceived");
      }),
    );
    expect(got).toEqual(Array.from({ length: 30 }, (_, at) => at));
  });

  const gone: [string, (key: string) => Promise<string>][] = [
    [
      "was canceled",
      async (key) => {
        const id = await begin(keyed(key));
        await outside.api.waiting(id, "event");
        await outside.api.act(id, "cancel");
        await outside.api.finished(id);
        return id;
      },
    ],
    [
      "timed out",
      async (key) => {
        const id = await begin(keyed(key, { timeout: 1 }), wait({ event: "stay" }, "s"));
        await outside.api.when(id, (record) => read(outputOf(record, "w"), "timedOut") === true);
        return id;
      },
    ],
    [
      "was given up by its join",
      async (key) => {
        const branches = { x: [keyed(key)], y: [wait({ event: "other" }, "v")] };
        const id = await begin({ id: "p", type: "parallel", join: "any", branches }, wait({ event: "stay" }, "s"));
        await outside.api.waiting(id, "event");
        await outside.api.act(id, "events", { name: "other" });
        await outside.api.when(id, (record) => read(outputOf(record, "p"), "completedCount") === 1);
        return id;
      },
    ],
  ];
  test.each(gone)("a wait that %s swallows no event: the next one that waits gets it", async (_name, leave) => {
    const key = randomUUID();
    const left = await leave(key);
    await publish(key, "for the next");
    const next = await begin(keyed(key));
    expect(read(outputOf(await outside.api.finished(next), "w"), "eventReceived")).toBe("for the next");
    if ((await outside.api.record(left)).status === "waiting") await outside.api.act(left, "cancel");
  });

  test("a paused run takes it, and goes on with it when it is resumed", async () => {
    const key = randomUUID();
    const id = await begin(keyed(key));
    await outside.api.waiting(id, "event");
    await outside.api.act(id, "pause");
    await publish(key, 1);
    expect((await outside.api.record(id)).status).toBe("paused");
    await outside.api.act(id, "resume");
    expect(read(outputOf(await outside.api.finished(id), "w"), "eventReceived")).toBe(1);
  });
});
