import { expect, test } from "vitest";
import { failure, type Result, success } from "../../../contracts/errors.ts";
import type { KeyedEvent } from "../../../contracts/rpc.ts";
import type { Context, Ports } from "../context.ts";
import { publishEvent } from "./publish.ts";

const DAY_MS = 86_400_000;

function contextWith(answers: (Result<number> | "reset")[]) {
  const events: KeyedEvent[] = [];
  const objects: string[] = [];
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
  };
  const context: Context = {
    ports: ports as unknown as Ports,
    caller: { keyId: "key_me", tenantId: "ten_a", environment: "test", scopes: [], roles: [], permissions: [] },
    background: () => undefined,
  };
  return { context, events, objects };
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

test("an event without a key, with a mark of a secret, or that grows beyond a megabyte goes nowhere", async () => {
  const { context, events } = contextWith([]);
  const pathOf = async (body: Parameters<typeof publishEvent>[1]) => {
    const answer = await publishEvent(context, body);
    return answer.ok ? "accepted" : [answer.code, answer.details?.field ?? answer.details?.limit];
  };
  expect(await pathOf({ name: "paid" })).toEqual(["VALIDATION", "key"]);
  expect(await pathOf({ name: "paid", key: "a", payload: { x: [{ $secret: { name: "K" } }] } })).toEqual([
    "VALIDATION",
    "payload",
  ]);
  expect(await pathOf({ name: "paid", key: "a", payload: new Array(60_000).fill(1e20) })).toEqual([
    "PAYLOAD_TOO_LARGE",
    "payload_bytes",
  ]);
  expect(events).toEqual([]);
});
