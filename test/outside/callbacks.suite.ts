import { randomUUID } from "node:crypto";
import { beforeAll, describe, expect, test } from "vitest";
import { eventually } from "./eventually.ts";
import { flaky, publishFlaky } from "./flaky-connector.ts";
import { type JsonMap, readText } from "./json.ts";
import { signedHeaders, verified, verifiedBy } from "./received-webhook.ts";
import type { ReceivedCall } from "./scripted-service.ts";
import { SERVICE_HOST, usePlatform } from "./use-platform.ts";

const outside = usePlatform();
const url = (key: string): string => `http://${SERVICE_HOST}/callback?key=${key}`;
const give: JsonMap = { id: "o", type: "output", value: 7 };
const seven: JsonMap = { name: "Outside callback", steps: [give], outputs: { n: "{{ steps.o.output.value }}" } };

let secret = "";
beforeAll(async () => {
  await publishFlaky(outside.api);
  secret = readText((await outside.api.get("/webhooks/secret")).body, "secret");
});

/** Starts with a callback, answers the execution's id and what came. */
async function called(
  definition: JsonMap,
  more: JsonMap = {},
  count = 1,
  key: string = randomUUID(),
): Promise<{ id: string; calls: ReceivedCall[] }> {
  const started = await outside.api.start({ definition, callback_url: url(key), ...more });
  expect([200, 202]).toContain(started.status);
  const id = readText(started.body, "execution_id");
  await outside.api.finished(id);
  await eventually(async () => outside.service.calls(key).length >= count);
  return { id, calls: outside.service.calls(key) };
}

describe.concurrent("callback_url (section 11)", () => {
  test("the tenant's secret is a whsec_ of at least 24 bytes, and the same every time", async () => {
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]+={0,2}$/);
    expect(Buffer.from(secret.slice(6), "base64").length).toBeGreaterThanOrEqual(24);
    expect((await outside.api.get("/webhooks/secret")).body).toEqual({ secret });
    expect(readText((await outside.other.get("/webhooks/secret")).body, "secret")).not.toBe(secret);
  });

  test.each(["async", "sync", "isolated"])("of a run that completes (%s): the seed's body, once", async (mode) => {
    const { id, calls } = await called(seven, { execution_mode: mode });
    const [call] = calls;
    expect(verified(secret, call)).toMatchObject({
      execution_id: id,
      status: "completed",
      result: { outputs: { n: 7 } },
    });
    expect(call?.headers["content-type"]).toMatch(/^application\/json/);
    expect(call?.headers["webhook-id"]).toBe(`${id}:1:workflow.completed`);
    expect(Math.abs(Number(call?.headers["webhook-timestamp"]) - Date.now() / 1000)).toBeLessThan(20);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(calls).toHaveLength(1);
  });

  test("of a run that fails: its status and its error, with code and message", async () => {
    const step = flaky("s", "call", { key: "callback fails" });
    outside.service.script("callback fails", {
      body: { status: "error", code: "VALIDATION", message: "not like this", details: {} },
    });
    const { id, calls } = await called({ name: "Outside callback", steps: [step] });
    const body = verified(secret, calls[0]);
    expect(body).toMatchObject({ execution_id: id, status: "failed", error: { code: "VALIDATION" } });
    expect(JSON.stringify(body.error)).toContain("not like this");
    expect(calls[0]?.headers["webhook-id"]).toBe(`${id}:1:workflow.failed`);
  });

  test("of a run that takes too long, and of one that is canceled", async () => {
    const never: JsonMap = { id: "w", type: "wait", until: { event: "never" } };
    const late = await called({ name: "Outside callback", timeout: 1, steps: [never] });
    expect(verified(secret, late.calls[0])).toMatchObject({ execution_id: late.id, status: "timed_out" });
    const key = randomUUID();
    const id = await outside.api.begin({ name: "Outside callback", steps: [never] }, {}, { callback_url: url(key) });
    await outside.api.waiting(id, "event");
    expect(outside.service.calls(key)).toEqual([]);
    await outside.api.act(id, "cancel");
    await eventually(async () => outside.service.calls(key).length > 0);
    expect(verified(secret, outside.service.calls(key)[0])).toMatchObject({ execution_id: id, status: "canceled" });
  });

  test("every start of a batch has its own", async () => {
    const keys = Array.from({ length: 20 }, () => randomUUID());
    const items = keys.map((key) => ({ definition: seven, callback_url: url(key) }));
    expect((await outside.api.post("/workflows/executions/batch", { items })).status).toBeLessThan(300);
    await eventually(async () => keys.every((key) => outside.service.calls(key).length > 0));
    const ids = keys.map((key) => readText(verified(secret, outside.service.calls(key)[0]), "execution_id"));
    expect(new Set(ids).size).toBe(20);
  });

  test.each<[string, object]>([
    ["503", { status: 503 }],
    ["a reset connection", { reset: true }],
    ["a 404", { status: 404 }],
    ["a redirect", { status: 302, headers: { location: `http://${SERVICE_HOST}/elsewhere?key=elsewhere` } }],
  ])("to a receiver that answers %s first is tried again: same id, same body, signed anew", async (_name, reply) => {
    const key = randomUUID();
    outside.service.script(key, reply);
    const { id, calls } = await called(seven, {}, 2, key);
    expect(calls).toHaveLength(2);
    for (const call of calls) expect(verified(secret, call)).toMatchObject({ execution_id: id });
    const [first, second] = calls;
    expect(second?.text).toBe(first?.text);
    expect(second?.headers["webhook-id"]).toBe(first?.headers["webhook-id"]);
    expect(Number(second?.headers["webhook-timestamp"])).toBeGreaterThan(Number(first?.headers["webhook-timestamp"]));
    expect(second?.headers["webhook-signature"]).not.toBe(first?.headers["webhook-signature"]);
    expect(outside.service.calls("elsewhere")).toEqual([]);
  });

  test("to a receiver that asks for time by Retry-After gets it", async () => {
    const key = randomUUID();
    outside.service.script(key, { status: 429, headers: { "retry-after": "9" } });
    await called(seven, {}, 2, key);
    const [gap = 0] = outside.service.gaps(key);
    expect(gap).toBeGreaterThan(8_900);
    expect(gap).toBeLessThan(30_000);
  });

  test("is no longer valid when a byte of its body, its id or its time is another", async () => {
    const { calls } = await called(seven);
    const [call] = calls;
    if (call === undefined) throw new Error("nothing came");
    const headers = signedHeaders(call);
    expect(verifiedBy(secret, call.text, headers)).toEqual([true, true]);
    const stale = String(Number(headers["webhook-timestamp"]) - 301);
    for (const [text, more] of [
      [call.text.replace("7", "8"), {}],
      [`${call.text} `, {}],
      [call.text, { "webhook-id": `${headers["webhook-id"]}x` }],
      [call.text, { "webhook-timestamp": stale }],
    ] as const) {
      expect(verifiedBy(secret, text, { ...headers, ...more })).toEqual([false, false]);
    }
    const theirs = readText((await outside.other.get("/webhooks/secret")).body, "secret");
    expect(verifiedBy(theirs, call.text, headers)).toEqual([false, false]);
  });

  test("a receiver that is slow never delays a run", async () => {
    const key = randomUUID();
    outside.service.script(key, ...Array.from({ length: 3 }, () => ({ after: 13_000 })));
    // A delivery gives up after 15 s: a run that waited for its own would be over behind this receiver's answer.
    const runs = await Promise.all(
      Array.from({ length: 3 }, () => outside.api.run(seven, {}, { callback_url: url(key) })),
    );
    const answered = outside.service.calls(key).filter(({ answeredAt }) => answeredAt < Number.POSITIVE_INFINITY);
    expect(answered, "no run has waited for its receiver").toEqual([]);
    for (const run of runs) expect(run).toMatchObject({ status: "completed" });
  });
});

describe.concurrent("a callback_url that is refused at the start, with 400", () => {
  test.each([
    "http://example.com/done",
    "ftp://example.com/done",
    "file:///etc/passwd",
    "javascript:alert(1)",
    "example.com/done",
    "/done",
    "",
    "https://",
  ])("%j", async (wanted) => {
    const answer = await outside.api.start({ definition: seven, callback_url: wanted });
    expect(answer).toMatchObject({ status: 400, body: { code: "VALIDATION" } });
  });

  test.each([
    "https://user:password@example.com/done",
    "https://169.254.169.254/latest/meta-data",
    "https://10.0.0.1/done",
    "https://192.168.1.1/done",
    "https://[::1]/done",
    "https://[fd00::1]/done",
    "https://2130706433/done",
    "https://0x7f000001/done",
    "https://127.1/done",
    "https://metadata.google.internal/done",
    "https://localhost/done",
  ])("%s: at the start, or it is never called and the delivery says why", async (wanted) => {
    const answer = await outside.api.start({ definition: seven, callback_url: wanted });
    if (answer.status !== 202) {
      expect([400, 403]).toContain(answer.status);
      return;
    }
    const id = readText(answer.body, "execution_id");
    await outside.api.finished(id);
    let last = "";
    await eventually(async () => {
      last = (await outside.api.get(`/webhooks/deliveries?execution=${id}`)).text;
      return last.includes("egress");
    }, 8);
    expect(last).toContain('"reason":"egress"');
  });
});
