import { afterAll, beforeAll, expect, test } from "vitest";
import { type CheckedClient, checkedClient } from "../api/checked-client.ts";
import { startTestPlatform, type TestPlatform } from "../support/test-platform.ts";

let platform: TestPlatform;
let call: CheckedClient;
let key: string;

beforeAll(async () => {
  platform = await startTestPlatform({ services: false });
  call = await checkedClient(platform.url);
  key = platform.tenant.apiKey;
});
afterAll(() => platform?.close());

const publish = (body: unknown) => call(key, "POST", "/events", { body });

test("an event that nobody waits for is accepted and kept", async () => {
  for (const ttl of [undefined, 0, "30d"])
    expect(await publish({ name: "paid", key: "order 1", payload: { n: 1 }, ttl })).toMatchObject({
      status: 202,
      body: { event_id: expect.stringMatching(/^evt_/), delivered: 0 },
    });
  expect((await publish({ name: "paid", key: "order 1", channel: "web" })).status).toBe(202);
});

test.each<[what: string, body: unknown, path: string]>([
  ["a time to be kept and no key", { name: "paid", ttl: 60 }, "/ttl"],
  ["an id of its sender's and a key", { name: "paid", key: "k", id: "mine" }, "/id"],
  ["an empty key", { name: "paid", key: "" }, "/key"],
  ["no name", { key: "k" }, "/name"],
  ["a control character", { name: "pa\u0007id", key: "k" }, "/name"],
  ["more than thirty days", { name: "paid", key: "k", ttl: "31d" }, "/ttl"],
  ["a negative time", { name: "paid", key: "k", ttl: -1 }, "/ttl"],
  ["a mark of a secret", { name: "paid", key: "k", payload: [{ $secret: { name: "K" } }] }, "/payload"],
  ["an unknown member", { name: "paid", key: "k", topic: "t" }, "/topic"],
])("an event with %s is a 400 that names the member", async (_, body, path) => {
  expect(await publish(body)).toMatchObject({
    status: 400,
    body: { code: "VALIDATION", details: { problems: [expect.objectContaining({ path })] } },
  });
});

test("a payload beyond a megabyte is 413, also when it only grows to that", async () => {
  expect((await publish({ name: "paid", key: "k", payload: "x".repeat(1_048_577) })).status).toBe(413);
  const raw = `{"name":"paid","key":"k","payload":[${new Array(100_000).fill("1e20").join(",")}]}`;
  expect((await call(key, "POST", "/events", { raw })).status).toBe(413);
});
