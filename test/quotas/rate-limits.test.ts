import { expect, test } from "vitest";
import { type LimitOverrides, limitsOf } from "../../contracts/limits.ts";
import { RateBuckets } from "../../durable-objects/tenant/rate-buckets.ts";
import type { Caller, Ports } from "../../workers/services/context.ts";
import { RateLimiter } from "../../workers/services/requests/rate-limiter.ts";
import { chance } from "../tenant/simulated-tenant.ts";

/** Isolates in front of one tenant object, in time that only moves when told. */
class Edge {
  now = 1_000_000;
  questions = 0;
  down = false;
  readonly #isolates: RateLimiter[];
  readonly #buckets = new RateBuckets();
  readonly #caller: Caller;
  readonly #background: Promise<unknown>[] = [];

  constructor(isolates: number, limits: LimitOverrides) {
    this.#isolates = Array.from({ length: isolates }, () => new RateLimiter());
    const overrides = { key_requests_per_second: 50_000, key_requests_burst: 100_000, ...limits };
    this.#caller = {
      keyId: "key_a",
      tenantId: "ten_a",
      environment: "live",
      scopes: [],
      roles: [],
      permissions: [],
      settings: { limits: overrides },
    };
  }

  async request(isolate: number) {
    const ports = {
      now: () => this.now,
      defaultLimits: {},
      tenant: () => ({
        takeTokens: async (wishes: Parameters<RateBuckets["take"]>[0]) => {
          this.questions += 1;
          if (this.down) throw new Error("the tenant object is away");
          return this.#buckets.take(wishes, limitsOf(this.#caller.settings?.limits), this.now);
        },
      }),
    };
    const limiter = this.#isolates[isolate];
    if (!limiter) throw new Error("there is no such isolate");
    const admission = await limiter.admit(ports as unknown as Ports, this.#caller, (task) =>
      this.#background.push(task),
    );
    await Promise.all(this.#background.splice(0));
    return admission;
  }
}

/** Requests that pass in `seconds`, when `each` come every 10 ms at an isolate by chance. */
async function passed(edge: Edge, isolates: number, seconds: number, each: number, seed: number): Promise<number> {
  const random = chance(seed);
  let count = 0;
  for (let tick = 0; tick < seconds * 100; tick += 1) {
    edge.now += 10;
    for (let n = 0; n < each; n += 1) {
      const { retryAfterMs } = await edge.request(Math.floor(random() * isolates));
      if (retryAfterMs === undefined) count += 1;
    }
  }
  return count;
}

test.each([1, 2, 3, 4, 5, 6, 7, 8])(
  "isolates together let no more pass than the rate and one burst, within their own shares (seed %i)",
  async (seed) => {
    const isolates = 1 + (seed % 4);
    const limits = { requests_per_second: 100, requests_burst: 200 };
    const edge = new Edge(isolates, limits);
    const seconds = 10;
    const count = await passed(edge, isolates, seconds, 4, seed);
    const allowed = seconds * limits.requests_per_second + limits.requests_burst;
    // What an isolate may use before it tells: 2 % of a burst, and as much a second in the time between two questions.
    const tolerance = isolates * (0.02 * limits.requests_burst + 0.02 * limits.requests_per_second);
    expect(count).toBeLessThanOrEqual(allowed + tolerance);
    // And no less than most of it: blocks that lie about in other isolates are all that is missing.
    expect(count).toBeGreaterThan(allowed * 0.85);
  },
);

test("a tenant far below its limit is asked about less than once in ten requests", async () => {
  const edge = new Edge(2, { requests_per_second: 1_000, requests_burst: 2_000 });
  const count = await passed(edge, 2, 5, 2, 1);
  expect(count).toBe(1_000);
  expect(edge.questions).toBeLessThan(100);
});

test("a request that is refused says when to come again, and then passes", async () => {
  const edge = new Edge(1, { requests_per_second: 2, requests_burst: 3 });
  for (let n = 0; n < 3; n += 1) expect((await edge.request(0)).retryAfterMs).toBeUndefined();
  const refused = await edge.request(0);
  expect(refused).toMatchObject({ limit: "requests_per_second", retryAfterMs: 500 });
  const asked = edge.questions;
  // Until then nobody asks the tenant object in vain.
  expect((await edge.request(0)).retryAfterMs).toBe(500);
  expect(edge.questions).toBe(asked);
  edge.now += 500;
  expect((await edge.request(0)).retryAfterMs).toBeUndefined();
});

test("tokens that an isolate did not use are no second burst later", async () => {
  const edge = new Edge(1, { requests_per_second: 100, requests_burst: 100 });
  for (let tick = 0; tick < 40; tick += 1) {
    edge.now += 10;
    await edge.request(0);
  }
  edge.now += 10_000;
  let count = 0;
  for (let n = 0; n < 300; n += 1) if ((await edge.request(0)).retryAfterMs === undefined) count += 1;
  expect(count).toBeGreaterThanOrEqual(100);
  expect(count).toBeLessThanOrEqual(102);
});

test("a tenant object that is away lets requests pass", async () => {
  const edge = new Edge(1, { requests_per_second: 2, requests_burst: 3 });
  edge.down = true;
  for (let n = 0; n < 20; n += 1) expect((await edge.request(0)).retryAfterMs).toBeUndefined();
});

test("the fields of the answer say the policy, what is left and when it is full again", async () => {
  const edge = new Edge(1, { requests_per_second: 2, requests_burst: 10 });
  const { headers } = await edge.request(0);
  expect(headers["ratelimit-policy"]).toBe('"tenant";q=10;w=5, "key";q=100000;w=2');
  expect(headers.ratelimit).toMatch(/^"tenant";r=9;t=1, "key";r=\d+;t=\d+$/);
});

/** `"tenant";r=9;t=1` of each limit that an answer names, with its quota. */
function fieldsOf(headers: Readonly<Record<string, string>>) {
  const quotas = new Map(
    [...(headers["ratelimit-policy"] ?? "").matchAll(/"(\w+)";q=(\d+)/g)].map(([, name, quota]) => [
      name,
      Number(quota),
    ]),
  );
  return [...(headers.ratelimit ?? "").matchAll(/"(\w+)";r=([-\d]+);t=([-\d]+)/g)].map(([, name, left, full]) => ({
    name,
    quota: quotas.get(name) ?? Number.NaN,
    left: Number(left),
    fullInSeconds: Number(full),
  }));
}

test.each([1, 2, 3, 4, 5, 6])(
  "what is left is never more than the quota nor less than nothing, and nothing when refused (seed %i)",
  async (seed) => {
    const random = chance(seed);
    const small = { requests_per_second: 20, requests_burst: 50 };
    const ofKey = { key_requests_per_second: 5, key_requests_burst: 14 };
    const edge = new Edge(1 + (seed % 3), seed % 2 === 0 ? small : { ...ofKey, requests_burst: 40_000 });
    const refusedBy = seed % 2 === 0 ? "tenant" : "key";
    let refusals = 0;
    for (let n = 0; n < 1_500; n += 1) {
      edge.now += random() < 0.02 ? 3_000 : Math.floor(random() * 60);
      const { headers, retryAfterMs } = await edge.request(Math.floor(random() * (1 + (seed % 3))));
      const fields = fieldsOf(headers);
      for (const { left, quota, fullInSeconds } of fields) {
        expect(left).toBeGreaterThanOrEqual(0);
        expect(left).toBeLessThanOrEqual(quota);
        expect(fullInSeconds).toBeGreaterThanOrEqual(0);
        expect(fullInSeconds === 0).toBe(left === quota);
      }
      if (retryAfterMs === undefined) continue;
      refusals += 1;
      expect(fields.find(({ name }) => name === refusedBy)).toMatchObject({ left: 0 });
    }
    expect(refusals).toBeGreaterThan(10);
  },
);
