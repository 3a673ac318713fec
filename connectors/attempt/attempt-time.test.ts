import { expect, test } from "vitest";
import { invokeAction } from "../invoke.ts";
import type { PlaceOutcome, PlaceWish } from "../services/service-calls.ts";
import { callOf, depsOf, direct, httpCall, identity, invoke, json, type Sent } from "../testing/world.ts";

/* Here nothing ends by itself what a call left under way, as the runtime of a Worker does. */

const LIMIT_MS = 150;
const LATE_MS = 400;

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const late = async (response: Response) => {
  await pause(LATE_MS);
  return response;
};

test.each([
  [
    "redirect",
    callOf(direct("https://a.example.com/"), {}),
    () => new Response(null, { status: 307, headers: { location: "/b" } }),
  ],
  [
    "page",
    httpCall("get", { url: "https://a.example.com/", pagination: { type: "link" } }),
    () => json([1], { headers: { "content-type": "application/json", link: '<https://a.example.com/b>; rel="next"' } }),
  ],
])("no %s is asked for once the time is over", async (_, call, response) => {
  const answer = (_sent: Sent, count: number) => (count === 1 ? late(response()) : json([2]));
  const inTime = await invoke({ ...call, timeoutMs: 5_000 }, { answer });
  expect(inTime.sent.map(({ url }) => url)).toEqual(["https://a.example.com/", "https://a.example.com/b"]);
  const { result, sent } = await invoke({ ...call, timeoutMs: LIMIT_MS }, { answer });
  expect(result).toMatchObject({ ok: false, error: { code: "TIMEOUT" }, outcomeUnknown: true });
  await pause(2 * LATE_MS);
  expect(sent).toHaveLength(1);
});

test("an instance that is silent until then is given back as unreached, and no other one is asked", async () => {
  const wishes: PlaceWish[] = [];
  const given: PlaceOutcome[] = [];
  const deps = depsOf({}, []);
  const call = callOf("{url: '/execute', method: POST}", {});
  const result = await invokeAction(
    { ...call, action: { ...call.action, idempotent: true }, timeoutMs: LIMIT_MS },
    identity,
    {
      ...deps,
      fetch: (_target, init) =>
        new Promise((__, reject) => {
          init?.signal?.addEventListener("abort", () => reject(new TypeError("aborted")));
        }),
      services: {
        ...deps.services,
        takeInstance: async (wish) => {
          wishes.push(wish);
          return { kind: "instance", instanceId: `i${wishes.length}`, url: "https://i.example.com" };
        },
        giveBackInstance: (_lease, outcome) => void given.push(outcome),
      },
    },
  );
  expect(result).toMatchObject({ ok: false, error: { code: "TIMEOUT" } });
  await pause(LIMIT_MS);
  expect(given).toEqual(["unreached"]);
  expect(wishes).toHaveLength(1);
});

test.each(["place", "signature"])(
  "where a %s comes too late the place is given back as it was, and nothing is sent from it",
  async (slow) => {
    const given: PlaceOutcome[] = [];
    const sent: string[] = [];
    const deps = depsOf({}, []);
    const call = callOf("{url: '/execute', method: POST}", {});
    const result = await invokeAction({ ...call, timeoutMs: LIMIT_MS }, identity, {
      ...deps,
      fetch: async (target) => {
        sent.push(String(target));
        return json({ status: "success" });
      },
      services: {
        ...deps.services,
        takeInstance: async () => {
          if (slow === "place") await pause(LATE_MS);
          return { kind: "instance", instanceId: "i", url: "https://i.example.com" };
        },
        sign: async () => {
          if (slow === "signature") await pause(LATE_MS);
          return {};
        },
        giveBackInstance: (_lease, outcome) => void given.push(outcome),
      },
    });
    expect(result).toMatchObject({ ok: false, error: { code: "TIMEOUT" } });
    expect(result.ok || result.outcomeUnknown).toBeUndefined();
    await pause(2 * LATE_MS);
    expect(sent).toEqual([]);
    expect(given).toEqual(["reached"]);
  },
);

test("no place is asked for by a lookup that comes too late", async () => {
  let asked = 0;
  const deps = depsOf({}, []);
  const call = callOf("{url: '/execute', method: POST}", {});
  const result = await invokeAction({ ...call, timeoutMs: LIMIT_MS }, identity, {
    ...deps,
    findConnection: async () => {
      await pause(LATE_MS);
      return null;
    },
    services: {
      ...deps.services,
      takeInstance: async () => {
        asked += 1;
        return { kind: "none", registered: 0, fitting: 0 };
      },
    },
  });
  expect(result).toMatchObject({ ok: false, error: { code: "TIMEOUT" } });
  await pause(2 * LATE_MS);
  expect(asked).toBe(0);
});
