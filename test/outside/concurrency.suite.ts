import { randomUUID } from "node:crypto";
import { beforeAll, describe, expect, test } from "vitest";
import { flaky, publishFlaky } from "./flaky-connector.ts";
import { type JsonMap, read, readList, readText } from "./json.ts";
import { usePlatform } from "./use-platform.ts";

const outside = usePlatform();
beforeAll(() => publishFlaky(outside.api));

const WAIT: JsonMap = { id: "w", type: "wait", until: { event: "go" } };

/** A workflow whose executions of one key exclude each other. */
const exclusive = (strategy: string, more: JsonMap = {}, limit = 1): JsonMap => ({
  name: `Exclusive ${strategy} ${randomUUID()}`,
  inputs: { k: { type: "string", default: "one" }, n: { type: "integer", default: 0 } },
  concurrency: { key: "{{ inputs.k }}", limit, strategy },
  steps: [WAIT],
  ...more,
});

async function publish(definition: JsonMap): Promise<string> {
  const answer = await outside.api.post("/workflows", { workflows: [{ version: "1.0.0", ...definition }] });
  if (answer.status !== 201) throw new Error(answer.text);
  return readText(answer.body, "workflows.0.slug");
}

async function start(workflow: string, inputs: JsonMap = {}, more: JsonMap = {}): Promise<string> {
  const answer = await outside.api.start({ workflow, inputs, ...more });
  if (answer.status !== 202) throw new Error(`${answer.status} ${answer.text}`);
  return readText(answer.body, "execution_id");
}

const go = (id: string) => outside.api.act(id, "events", { name: "go" });

describe.concurrent("concurrency (section 2)", () => {
  test("queue: one at a time, the others are pending and say why; another key is free", async () => {
    const slug = await publish(exclusive("queue"));
    const first = await start(slug);
    await outside.api.waiting(first, "event");
    const second = await start(slug);
    const third = await start(slug);
    const free = await start(slug, { k: "two" });
    await outside.api.waiting(free, "event");
    for (const id of [second, third]) {
      expect(await outside.api.waiting(id, "concurrency")).toMatchObject({ status: "pending", started_at: null });
    }
    await go(first);
    await outside.api.waiting(second, "event");
    expect(await outside.api.record(third)).toMatchObject({ status: "pending" });
    await go(second);
    await outside.api.waiting(third, "event");
    await Promise.all([go(third), go(free)]);
    for (const id of [first, second, third, free]) expect((await outside.api.finished(id)).status).toBe("completed");
  });

  test("queue: a higher priority goes first, equal ones in order", async () => {
    const key = `priorities ${randomUUID()}`;
    const slug = await publish(exclusive("queue", { steps: [WAIT, flaky("s", "call", { key, n: "{{ inputs.n }}" })] }));
    const first = await start(slug, { n: 0 });
    await outside.api.waiting(first, "event");
    const ids = [first];
    for (const [n, priority] of [
      [1, 0],
      [2, 50],
      [3, 50],
      [4, -100],
      [5, 100],
    ] as const) {
      const id = await start(slug, { n }, { priority });
      await outside.api.waiting(id, "concurrency");
      ids.push(id);
    }
    await Promise.all(ids.map(go));
    for (const id of ids) await outside.api.finished(id);
    expect(outside.service.calls(key).map((call) => read(call.body, "input.n"))).toEqual([0, 5, 2, 3, 1, 4]);
  });

  test("a limit of three: never more at once, and all come to their end", async () => {
    const key = `three ${randomUUID()}`;
    const slug = await publish(exclusive("queue", { steps: [flaky("s", "patient", { key, after: 250 })] }, 3));
    const ids = await Promise.all(Array.from({ length: 12 }, () => start(slug)));
    for (const id of ids) expect((await outside.api.finished(id)).status).toBe("completed");
    expect(outside.service.overlap(key)).toBeLessThanOrEqual(3);
    expect(outside.service.calls(key)).toHaveLength(12);
  });

  test("queue: one that waits can be canceled, and the next takes its turn", async () => {
    const slug = await publish(exclusive("queue"));
    const [first, second, third] = [await start(slug), await start(slug), await start(slug)];
    await outside.api.waiting(second, "concurrency");
    expect((await outside.api.act(second, "cancel")).status).toBe(200);
    expect((await outside.api.finished(second)).status).toBe("canceled");
    await outside.api.act(first, "cancel");
    await outside.api.waiting(third, "event");
    await go(third);
    expect((await outside.api.finished(third)).status).toBe("completed");
  });

  test("queue: called workflows queue too", async () => {
    const slug = await publish(exclusive("queue"));
    const step = { id: "c", workflow: slug, for_each: [1, 2], parallel: true };
    const id = await outside.api.begin({ name: "Calls the exclusive", steps: [step] });
    const idsIn = (record: JsonMap): string[] =>
      readList(record, "steps").flatMap((one) => {
        const child = read(one, "execution_id");
        return typeof child === "string" ? [child] : [];
      });
    const children = idsIn(await outside.api.when(id, (record) => idsIn(record).length === 2));
    await new Promise((resolve) => setTimeout(resolve, 500));
    const records = await Promise.all(children.map((child) => outside.api.record(child)));
    await outside.api.act(id, "cancel");
    expect(records.map(({ status }) => String(status)).toSorted()).toEqual(["pending", "waiting"]);
  });

  test("reject: 409 CONFLICT for one more, sync or not; after the first has ended it starts", async () => {
    const slug = await publish(exclusive("reject"));
    const first = await start(slug);
    await outside.api.waiting(first, "event");
    for (const execution_mode of ["async", "sync"]) {
      const answer = await outside.api.start({ workflow: slug, execution_mode });
      expect(answer).toMatchObject({ status: 409, body: { code: "CONFLICT" } });
    }
    await go(first);
    await outside.api.finished(first);
    const next = await outside.api.when(await start(slug), (record) => record.status === "waiting");
    await outside.api.act(readText(next, "execution_id"), "cancel");
  });

  test("reject: of 16 starts at once one is taken", async () => {
    const slug = await publish(exclusive("reject"));
    const answers = await Promise.all(Array.from({ length: 16 }, () => outside.api.start({ workflow: slug })));
    const statuses = answers.map(({ status }) => status).toSorted();
    expect(statuses).toEqual([202, ...Array.from({ length: 15 }, () => 409)]);
    const taken = answers.find(({ status }) => status === 202);
    await outside.api.act(readText(taken?.body, "execution_id"), "cancel");
  });

  test("cancel_running: the newest runs, the older one is canceled", async () => {
    const slug = await publish(exclusive("cancel_running"));
    const first = await start(slug);
    await outside.api.waiting(first, "event");
    const second = await start(slug);
    expect(await outside.api.finished(first, 20)).toMatchObject({ status: "canceled", error: { code: "CANCELED" } });
    await outside.api.waiting(second, "event");
    await go(second);
    expect((await outside.api.finished(second)).status).toBe("completed");
  });

  test("cancel_running: of ten at once one completes, the others are canceled", async () => {
    const slug = await publish(exclusive("cancel_running"));
    const ids = await Promise.all(Array.from({ length: 10 }, () => start(slug)));
    const ended = async (): Promise<number> => {
      const records = await Promise.all(ids.map((id) => outside.api.record(id)));
      return records.filter((record) => record.status === "canceled").length;
    };
    const end = Date.now() + 20_000;
    while ((await ended()) < 9 && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 100));
    const open = [];
    for (const id of ids) if ((await outside.api.record(id)).status !== "canceled") open.push(id);
    expect(open).toHaveLength(1);
    await go(open[0] ?? "");
    expect((await outside.api.finished(open[0] ?? "")).status).toBe("completed");
  });

  test("a key that cannot be evaluated, or is no text or number: the start is refused or keyed, never a fault", async () => {
    const broken = exclusive("queue", { concurrency: { key: "{{ 1 / inputs.n }}", limit: 1 } });
    const answer = await outside.api.start({ definition: broken });
    expect(answer).toMatchObject({ status: 400, body: { code: "VALIDATION" } });
  });

  test.each<[string, JsonMap]>([
    ["a limit of 0", { key: "k", limit: 0 }],
    ["a strategy that is none", { key: "k", limit: 1, strategy: "hope" }],
    ["an unknown member", { key: "k", limit: 1, colour: 1 }],
    ["a key from a secret", { key: "{{ secrets.X }}", limit: 1 }],
  ])("%s is refused", async (_name, concurrency) => {
    const answer = await outside.api.start({ definition: exclusive("queue", { concurrency }) });
    expect(answer).toMatchObject({ status: 400, body: { code: "VALIDATION" } });
  });
});

describe.concurrent("delay and start_at (section 11)", () => {
  const one = { name: "Outside later", steps: [{ id: "o", type: "output", value: "{{ now() }}" }] };

  test("a delayed start is pending, says until when, and runs then", async () => {
    const id = await outside.api.begin(one, {}, { delay: "2s" });
    const record = await outside.api.waiting(id, "time");
    expect(record).toMatchObject({ status: "pending", started_at: null });
    const done = await outside.api.finished(id);
    const late = Date.parse(readText(done, "started_at")) - Date.parse(readText(done, "created_at"));
    expect(late).toBeGreaterThanOrEqual(1990);
  });

  test("start_at: a moment ahead is kept, one in the past is now", async () => {
    const at = new Date(Date.now() + 1500).toISOString();
    const [ahead, past] = await Promise.all([
      outside.api.begin(one, {}, { start_at: at }),
      outside.api.begin(one, {}, { start_at: "2020-01-01T00:00:00Z" }),
    ]);
    expect((await outside.api.finished(past)).status).toBe("completed");
    const done = await outside.api.finished(ahead);
    expect(Date.parse(readText(done, "started_at"))).toBeGreaterThanOrEqual(Date.parse(at));
  });

  test("a sync start with a delay beyond its wait is 202; the cancel of what has not begun runs nothing", async () => {
    const key = `not begun ${randomUUID()}`;
    const answer = await outside.api.start({
      definition: { name: "Not begun", steps: [flaky("s", "call", { key })] },
      execution_mode: "sync",
      timeout: 1,
      delay: "1h",
    });
    expect(answer.status).toBe(202);
    const id = readText(answer.body, "execution_id");
    expect((await outside.api.act(id, "cancel")).status).toBe(200);
    expect((await outside.api.finished(id)).status).toBe("canceled");
    expect(outside.service.calls(key)).toEqual([]);
  });

  test.each<[string, JsonMap]>([
    ["a negative delay", { delay: -1 }],
    ["a delay of text", { delay: "soon" }],
    ["a delay of 400 days", { delay: "400d" }],
    ["a start_at of 2126", { start_at: "2126-01-01T00:00:00Z" }],
    ["both", { delay: 1, start_at: "2026-12-01T00:00:00Z" }],
    ["a priority of 101", { priority: 101 }],
    ["a priority of 1.5", { priority: 1.5 }],
  ])("%s is refused", async (_name, more) => {
    expect(await outside.api.start({ definition: one, ...more })).toMatchObject({
      status: 400,
      body: { code: "VALIDATION" },
    });
  });
});
