import { afterAll, beforeAll, expect, test } from "vitest";
import type { JsonMap } from "../outside/json.ts";
import { startTestPlatform, type TestPlatform } from "../support/test-platform.ts";
import { LimitedTenant } from "./limited-tenant.ts";

let running: TestPlatform;

beforeAll(async () => {
  running = await startTestPlatform({ services: false });
}, 120_000);
afterAll(() => running?.close());

const SUM: JsonMap = {
  name: "sum",
  version: "1.0.0",
  steps: [{ id: "c", connector: "connector:community/calculator@1.0.0", action: "add", input: { a: 1, b: 1 } }],
};

/** T27: one process runs all of it here, so nothing is said of times; only of errors, and of who is held back. */
test("a tenant at ten times its limits is held back, and its neighbour does not see an error", async () => {
  const limits = { requests_per_second: 5, requests_burst: 10, concurrent_executions: 5, queued_executions: 20 };
  const noisy = await LimitedTenant.make(running, "noisy", limits);
  const steady = await LimitedTenant.make(running, "steady");
  const begun = Date.now();
  const end = begun + 5_000;
  const noise = new Map<number, number>();
  const shout = async (): Promise<void> => {
    while (Date.now() < end) {
      const { status } = await noisy.start(SUM);
      noise.set(status, (noise.get(status) ?? 0) + 1);
      // Ten at once, each every 150 ms: 66 a second, more than ten times what it may; a busy machine brings fewer about, and still too many.
      await new Promise((resolve) => setTimeout(resolve, 150));
    }
  };
  const statuses: number[] = [];
  const work = async (): Promise<void> => {
    for (let calls = 0; calls < 4 || Date.now() < end; calls += 1) {
      const { status, body } = await steady.start(SUM, { execution_mode: "sync" });
      statuses.push(body.status === "completed" ? status : 0);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  };
  const working = [work(), work()];
  await Promise.all(Array.from({ length: 10 }, shout));
  const shoutedUntil = Date.now();
  await Promise.all(working);
  expect(statuses.length).toBeGreaterThan(5);
  expect(statuses.filter((status) => status !== 200)).toEqual([]);
  // It is refused most of what it asks for, in the words of the limit, and never otherwise.
  expect([...noise.keys()].filter((status) => status !== 202 && status !== 429)).toEqual([]);
  expect(noise.get(429) ?? 0).toBeGreaterThan(0);
  const seconds = (shoutedUntil - begun) / 1_000 + 2;
  expect(noise.get(202) ?? 0).toBeLessThanOrEqual(seconds * limits.requests_per_second + limits.requests_burst + 5);
});
