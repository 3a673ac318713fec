import { expect, test } from "vitest";
import { failure, type Result, success } from "../../../contracts/errors.ts";
import type { KeyedEvent } from "../../../contracts/rpc.ts";
import type { TriggerEvent } from "../../../contracts/triggers-rpc.ts";
import type { Context, Ports } from "../context.ts";
import { publishEvent } from "./publish.ts";

const DAY_MS = 86_400_000;

function contextWith(answers: (Result<number> | "reset")[]) {
  const events: KeyedEvent[] = [];
  const objects: string[] = [];
  const started: TriggerEvent[] = [];
  let drawn = 0;
  const ports = {
    now: () => 1_000,
    random: (count: number) => new Uint8Array(count).fill(++drawn),
    tenant: (name: string) => ({
      publishEvent: async (event: KeyedEvent) => {
        objects.push(name);
        const answer = answers[events.push(event) - 1];
        if (answer === undefined || answer === "reset")
          throw Object.assign(new Error("the object was reset"), { durableObjectReset: true });
        return answer;
      },
    }),
    triggers: () => ({
      publish: async (event: TriggerEvent) => {
        started.push(event);
        return success(3);
      },
    }),
  };
  const context: Context = {
    ports: ports as unknown as Ports,
    caller: { keyId: "key_me", tenantId: "ten_a", environment: "test", scopes: [], roles: [], permissions: [] },
    background: () => undefined,
  };
  return { context, events, objects, started };
}

test("an event goes to the tenant's own object, for seven days unless it says otherwise", async () => {
  const { context, events, objects } = contextWith([success(2), success(0)]);
  expect(await publishEvent(context, { name: "paid", key: "a", payload: { n: 1 }, channel: "web" })).toEqual(
    success({ event_id: events[0]?.id, delivered: 2 }),
  );
  expect(events[0]).toEqual({
    id: expect.stringMatching(/^evt_[0-9a-z]{26}$/),
    name: "paid",
    key: "a",
    payload: { n: 1 },
    channel: "web",
    expiresAt: 1_000 + 7 * DAY_MS,
  });
  await publishEvent(context, { name: "paid", key: "a", ttl: "2h" });
  expect(events[1]).toMatchObject({ payload: null, expiresAt: 1_000 + 7_200_000 });
  expect(events[1]?.id).not.toBe(events[0]?.id);
  expect(objects).toEqual(["global/ten_a/test", "global/ten_a/test"]);
});

test("when the object was reset it is asked again with the same id", async () => {
  const { context, events } = contextWith(["reset", success(1)]);
  expect(await publishEvent(context, { name: "paid", key: "a" })).toMatchObject({ ok: true, value: { delivered: 1 } });
  expect(events.map(({ id }) => id)).toEqual([events[0]?.id, events[0]?.id]);
});

test("what the object refuses is refused", async () => {
  const full = failure("RATE_LIMITED", "Too many.", { limit: "kept_events" });
  expect(await publishEvent(contextWith([full]).context, { name: "paid", key: "a" })).toEqual(full);
});

test("an event without a key goes to the triggers, under the sender's id where it has one, and to no wait", async () => {
  const { context, events, started } = contextWith([]);
  expect(await publishEvent(context, { name: "paid", payload: { n: 1 }, id: "mine", source: "shop" })).toEqual(
    success({ event_id: "mine", delivered: 0, triggered: 3 }),
  );
  await publishEvent(context, { name: "paid" });
  expect(started).toEqual([
    { id: "mine", name: "paid", source: "shop", payload: { n: 1 }, at: 1_000, depth: 0 },
    { id: expect.stringMatching(/^evt_/), name: "paid", source: "api", payload: null, at: 1_000, depth: 0 },
  ]);
  expect(events).toEqual([]);
});

test("an event whose members do not go together, with a mark of a secret, or that grows beyond a megabyte goes nowhere", async () => {
  const { context, events, started } = contextWith([]);
  const pathOf = async (body: Parameters<typeof publishEvent>[1]) => {
    const answer = await publishEvent(context, body);
    return answer.ok ? "accepted" : [answer.code, answer.details?.field ?? answer.details?.limit];
  };
  expect(await pathOf({ name: "paid", ttl: "1h" })).toEqual(["VALIDATION", "ttl"]);
  expect(await pathOf({ name: "paid", channel: "web" })).toEqual(["VALIDATION", "channel"]);
  expect(await pathOf({ name: "paid", key: "a", id: "mine" })).toEqual(["VALIDATION", "id"]);
  expect(await pathOf({ name: "paid", payload: { $secret: { name: "K" } } })).toEqual(["VALIDATION", "payload"]);
  expect(await pathOf({ name: "paid", key: "a", payload: { x: [{ $secret: { name: "K" } }] } })).toEqual([
    "VALIDATION",
    "payload",
  ]);
  expect(await pathOf({ name: "paid", key: "a", payload: new Array(60_000).fill(1e20) })).toEqual([
    "PAYLOAD_TOO_LARGE",
    "payload_bytes",
  ]);
  expect([events, started]).toEqual([[], []]);
});
