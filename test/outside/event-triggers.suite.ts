import { describe, expect, test } from "vitest";
import { eventually } from "./eventually.ts";
import { type Json, type JsonMap, read, readList, readText } from "./json.ts";
import { usePlatform } from "./use-platform.ts";

const outside = usePlatform();
const stamp = Date.now().toString(36);
let made = 0;

interface Listener {
  slug: string;
  topic: string;
  trigger: string;
}

/** Publishes a workflow that is started by a topic of its own. */
async function listener(more: JsonMap = {}): Promise<Listener> {
  const slug = `listener-${stamp}-${made++}`;
  const topic = `${slug}.happened`;
  const published = await outside.api.post("/workflows", {
    name: slug,
    inputs: { got: {} },
    steps: [{ id: "o", type: "output", value: "{{ inputs.got }}" }],
    outputs: { got: "{{ steps.o.output.value }}" },
    triggers: [{ type: "event", topic, inputs: { got: "{{ trigger.event }}" }, ...more }],
  });
  if (published.status !== 201) throw new Error(`${published.status} ${published.text}`);
  const [trigger] = readList((await outside.api.get(`/triggers?workflow=${slug}`)).body, "data");
  return { slug, topic, trigger: readText(trigger, "id") };
}

async function say({ topic }: Listener, payload: Json): Promise<void> {
  expect((await outside.api.post("/events", { name: topic, payload })).status).toBe(202);
}

const runsOf = async ({ slug }: Listener): Promise<Json[]> =>
  readList((await outside.api.get(`/workflows/executions?workflow=${slug}&limit=100`)).body, "data");

/** What the executions were given, oldest first, when there are so many and no more come. */
async function got(one: Listener, count: number): Promise<(Json | undefined)[]> {
  await eventually(async () => (await runsOf(one)).length >= count);
  await new Promise((resolve) => setTimeout(resolve, 1200));
  const records = await Promise.all(
    (await runsOf(one)).map((row) => outside.api.finished(readText(row, "execution_id"))),
  );
  return records.reverse().map((record) => read(record, "result.outputs.got"));
}

/** What the trigger lately started, latest first. */
const look = async ({ trigger }: Listener): Promise<Json[]> =>
  readList((await outside.api.get(`/triggers/${trigger}`)).body, "executions");

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe.concurrent("an event trigger (section 14)", () => {
  test("starts one execution for each event of its topic, with the event", async () => {
    const one = await listener();
    for (const n of [1, 2, 3]) await say(one, { n });
    await outside.api.post("/events", { name: `${one.topic}.else`, payload: { n: 4 } });
    expect(await got(one, 3)).toEqual(expect.arrayContaining([{ n: 1 }, { n: 2 }, { n: 3 }]));
    expect(await runsOf(one)).toHaveLength(3);
  });

  test("starts every workflow that listens, and none of another tenant", async () => {
    const one = await listener();
    const slug = `second-${one.slug}`;
    const file: JsonMap = {
      name: slug,
      steps: [{ id: "o", type: "output", value: 1 }],
      triggers: [{ type: "event", topic: one.topic }],
    };
    expect((await outside.api.post("/workflows", file)).status).toBe(201);
    expect((await outside.other.post("/workflows", file)).status).toBe(201);
    const answer = await outside.api.post("/events", { name: one.topic, payload: {} });
    expect(answer.body).toMatchObject({ triggered: 2 });
    await got(one, 1);
    expect(await runsOf({ ...one, slug })).toHaveLength(1);
    expect(readList((await outside.other.get(`/workflows/executions?workflow=${slug}`)).body, "data")).toEqual([]);
  });

  test("with a filter starts for the events that have its members, dotted names reach inside", async () => {
    const one = await listener({ filter: { kind: "paid", "customer.tier": ["gold", "silver"] } });
    const events: JsonMap[] = [
      { kind: "paid", customer: { tier: "gold" }, n: 1 },
      { kind: "paid", customer: { tier: "iron" } },
      { kind: "open", customer: { tier: "gold" } },
      { kind: "paid" },
      { kind: "paid", customer: null },
      { kind: ["paid"], customer: { tier: "gold" }, n: 4 },
      { kind: "paid", customer: { tier: "silver", more: true }, n: 2 },
    ];
    for (const event of events) await say(one, event);
    const given = await got(one, 2);
    expect(given.map((event) => read(event, "n")).sort()).toEqual([1, 2]);
  });

  test("of a source starts for that source only", async () => {
    const [api, kafka] = [await listener({ source: "api" }), await listener({ source: "kafka" })];
    await say(api, { n: 1 });
    await say(kafka, { n: 1 });
    expect(await got(api, 1)).toEqual([{ n: 1 }]);
    expect(await runsOf(kafka)).toEqual([]);
  });

  test("in batches starts with so many, or so long after the first", async () => {
    const inputs = { got: "{{ trigger.events | map(attribute='event.n') }}" };
    const one = await listener({ batch: { max_size: 3, timeout: "2s" }, inputs });
    for (const n of [1, 2, 3, 4]) await say(one, { n });
    const begun = Date.now();
    expect(await got(one, 2)).toEqual([[1, 2, 3], [4]]);
    expect(Date.now() - begun).toBeGreaterThan(1500);
  });

  test("with debounce starts once for the last of several, per key", async () => {
    const one = await listener({ debounce: { period: "1500ms", key: "{{ trigger.event.order }}" } });
    for (const n of [1, 2, 3]) {
      await say(one, { order: "A", n });
      await say(one, { order: "B", n: n * 10 });
      await sleep(300);
    }
    expect(await runsOf(one)).toEqual([]);
    const given = await got(one, 2);
    expect(given).toHaveLength(2);
    expect(given).toEqual(
      expect.arrayContaining([
        { order: "A", n: 3 },
        { order: "B", n: 30 },
      ]),
    );
  });

  test("with debounce and events without end starts after its timeout at the latest", async () => {
    const one = await listener({ debounce: { period: "1500ms", timeout: "2500ms" } });
    for (let n = 0; n < 8; n++) {
      await say(one, { n });
      await sleep(500);
    }
    await stop(one);
    const [first] = await got(one, 1);
    const n = Number(read(first, "n"));
    expect([n >= 3, n <= 6]).toEqual([true, true]);
  });

  test("with throttle starts the others later, and loses none", async () => {
    const one = await listener({ throttle: { limit: 2, period: "3s" } });
    for (const n of [1, 2, 3, 4]) await say(one, { n });
    await sleep(1500);
    expect(await runsOf(one)).toHaveLength(2);
    const given = await got(one, 4);
    expect(given.map((event) => read(event, "n")).sort()).toEqual([1, 2, 3, 4]);
    const begun = (await runsOf(one)).map((row) => Date.parse(readText(row, "created_at"))).reverse();
    expect(Number(begun[2]) - Number(begun[0])).toBeGreaterThan(2000);
  });

  test("with a rate limit starts so many per key, and the others never; it says how many", async () => {
    const one = await listener({ rate_limit: { limit: 2, period: "1h", key: "{{ trigger.event.shop }}" } });
    for (const n of [1, 2, 3, 4]) {
      await say(one, { shop: "x", n });
      await say(one, { shop: "y", n });
    }
    const given = await got(one, 4);
    expect(given).toHaveLength(4);
    expect(given.map((event) => read(event, "n")).sort()).toEqual([1, 1, 2, 2]);
    expect((await outside.api.get(`/triggers/${one.trigger}`)).body).toMatchObject({ dropped: 4 });
  });

  test("takes an event with an id once, and a chain of events ends after 16", async () => {
    const one = await listener({ inputs: { got: "{{ trigger.depth }}" } });
    const event: JsonMap = { name: one.topic, payload: {}, id: `${one.slug} once` };
    for (let at = 0; at < 3; at++) expect((await outside.api.post("/events", event)).status).toBe(202);
    expect(await got(one, 1)).toHaveLength(1);
    let last = readText((await runsOf(one))[0], "execution_id");
    const depths: (Json | undefined)[] = [];
    for (let at = 0; at < 20; at++) {
      const before = (await look(one)).length;
      const headers = { "x-smartify-execution-id": last };
      await outside.api.post("/events", { name: one.topic, payload: { at } }, { headers });
      await eventually(async () => (await look(one)).length > before, 2);
      const [newest] = await look(one);
      if (typeof newest !== "string" || newest === last) break;
      last = newest;
      depths.push(read(await outside.api.finished(last), "result.outputs.got"));
    }
    expect(depths).toEqual(depths.map((_, at) => at + 1));
    expect([15, 16]).toContain(depths.length);
  });

  test("that is paused starts nothing for what comes meanwhile", async () => {
    const one = await listener();
    await stop(one);
    await say(one, { n: 1 });
    expect((await outside.api.post(`/triggers/${one.trigger}/resume`, {})).status).toBe(200);
    await say(one, { n: 2 });
    expect(await got(one, 1)).toEqual([{ n: 2 }]);
  });

  test("can be tried with a sample, whatever its filter says", async () => {
    const one = await listener({ filter: { never: true } });
    const tried = await outside.api.post(`/triggers/${one.trigger}/test`, { payload: { n: 7 } });
    expect(tried).toMatchObject({ status: 200, body: { inputs: { got: { n: 7 } } } });
    const record = await outside.api.finished(readText(tried.body, "execution_id"));
    expect(record).toMatchObject({ status: "completed", result: { outputs: { got: { n: 7 } } } });
  });

  test("of a new version replaces that of the version before", async () => {
    const one = await listener();
    const file: JsonMap = {
      name: one.slug,
      version: "2.0.0",
      steps: [{ id: "o", type: "output", value: 1 }],
      triggers: [{ type: "event", topic: `${one.topic}.two` }],
    };
    expect((await outside.api.post("/workflows", file)).status).toBe(201);
    const triggers = readList((await outside.api.get(`/triggers?workflow=${one.slug}`)).body, "data");
    expect(triggers.map((trigger) => read(trigger, "config.topic"))).toEqual([`${one.topic}.two`]);
    const old = await outside.api.post("/events", { name: one.topic, payload: {} });
    expect(old.body).toMatchObject({ triggered: 0 });
    await outside.api.post("/events", { name: `${one.topic}.two`, payload: {} });
    await eventually(async () => (await runsOf(one)).length === 1);
    expect(await runsOf(one)).toMatchObject([{ workflow: { version: "2.0.0" } }]);
  });

  test.each<[string, JsonMap]>([
    ["no topic", { topic: null }],
    ["batch and debounce", { batch: { max_size: 2 }, debounce: { period: "1s" } }],
    ["a throttle of nothing", { throttle: { limit: 0, period: "1s" } }],
    ["a limit without a period", { rate_limit: { limit: 1 } }],
    ["a filter that is text", { filter: "kind == 'paid'" }],
    ["an unknown member", { colour: "red" }],
  ])("with %s is refused", async (_name, more) => {
    const file: JsonMap = {
      name: `refused-${stamp}`,
      steps: [{ id: "o", type: "output", value: 1 }],
      triggers: [{ type: "event", topic: "x", ...more }],
    };
    const answer = await outside.api.post("/workflows", file);
    expect(answer).toMatchObject({ status: 400, body: { code: "VALIDATION" } });
  });
});

async function stop({ trigger }: Listener): Promise<void> {
  expect((await outside.api.post(`/triggers/${trigger}/pause`, {})).status).toBe(200);
}
