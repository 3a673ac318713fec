import { expect, test } from "vitest";
import type { PinnedAction } from "../../engine/connector.ts";
import type { ActionCall, ActionResult } from "../../engine/run/types.ts";
import type { OpenConnection } from "../auth/credentials.ts";
import type { Place, PlaceOutcome, PlaceWish } from "./service-calls.ts";
import { throughInstances } from "./through-instances.ts";
import { withinLimit } from "./within-limit.ts";

/* Which place a call asks for, and what it says of it afterwards. */

const ACTION: PinnedAction = {
  namespace: "acme",
  connector: "letters",
  version: "1.0.0",
  digest: "published",
  action: "write",
  plugin: "http",
  idempotent: true,
  handler: {},
};

function callOf(action: Partial<PinnedAction> = {}): ActionCall {
  const one = { ...ACTION, ...action };
  const key = "exec_1:1:it";
  return {
    path: "it",
    stepId: "it",
    attempt: 2,
    action: one,
    input: {},
    idempotencyKey: key,
    timeoutMs: 9_000,
    deadline: 9_500,
  };
}

function book(...places: Place[]) {
  const wishes: PlaceWish[] = [];
  const given: [string, PlaceOutcome][] = [];
  return {
    wishes,
    given,
    services: {
      takeInstance: async (wish: PlaceWish) => {
        wishes.push({ ...wish, not: [...wish.not] });
        return places.shift() ?? { kind: "none" as const, registered: 2, fitting: 2 };
      },
      giveBackInstance: (lease: string, outcome: PlaceOutcome) => void given.push([lease, outcome]),
      claimTask: async () => true,
      sealRevealed: async () => "",
      openRevealed: async () => [],
      sign: async () => ({}),
    },
  };
}

const at = (instanceId: string): Place => ({ kind: "instance", instanceId, url: `https://${instanceId}.example.org` });
const OK: ActionResult = { ok: true, output: 1 };
const LATER: ActionResult = {
  ok: false,
  permanent: true,
  error: { code: "UNAVAILABLE", message: "later", details: { reason: "task_tokens" } },
  pending: {},
};
const BROKEN: ActionResult = { ok: false, outcomeUnknown: true, error: { code: "UNAVAILABLE", message: "broken" } };

test("what is answered 202 stays at its instance: no other one is asked, and the place is kept for the task's time", async () => {
  const { wishes, given, services } = book(at("a"), at("b"));
  const sent: string[] = [];
  const result = await throughInstances(callOf(), services, { now: () => 1_000, isOver: () => false }, async (base) => {
    sent.push(base);
    return LATER;
  });
  expect(result).toBe(LATER);
  expect(sent).toEqual(["https://a.example.org"]);
  expect(given).toEqual([[wishes[0]?.lease, { pendingUntil: 10_000 }]]);
  expect(wishes[0]?.lease).toMatch(/^exec_1:1:it#2\//);
});

test("an instance that was not reached is told of, and another one is asked where the action may run twice", async () => {
  const idempotent = book(at("a"), at("b"));
  const results = [BROKEN, OK];
  const next = async () => results.shift() ?? OK;
  expect(await throughInstances(callOf(), idempotent.services, { now: () => 0, isOver: () => false }, next)).toBe(OK);
  expect(idempotent.given.map(([, outcome]) => outcome)).toEqual(["unreached", "reached"]);
  expect(idempotent.wishes.map(({ not }) => not.length)).toEqual([0, 1]);
  const once = book(at("a"), at("b"));
  expect(
    await throughInstances(
      callOf({ idempotent: false }),
      once.services,
      { now: () => 0, isOver: () => false },
      async () => BROKEN,
    ),
  ).toBe(BROKEN);
  expect(once.wishes).toHaveLength(1);
});

const CONNECTION: OpenConnection = { id: "conn_1", type: "BEARER", config: {}, values: { token: "x" } };
const send = async () => OK;

test("a service counts by its connection, else by its address; what somebody supplies a number for counts by it", async () => {
  const fixedOf = async (where: Parameters<typeof withinLimit>[1], action: Partial<PinnedAction> = {}) => {
    const { wishes, services } = book({ kind: "fixed" });
    expect(await withinLimit(callOf(action), where, services, () => 0, send)).toBe(OK);
    return wishes[0]?.fixed;
  };
  const service = "https://letters.example.org/execute";
  expect(await fixedOf({ connection: null, service, concurrent: undefined })).toEqual({
    id: "address/https://letters.example.org",
    concurrent: 10,
  });
  expect(await fixedOf({ connection: CONNECTION, service, concurrent: 20 })).toEqual({
    id: "connection/conn_1",
    concurrent: 20,
  });
  const generous = { ...CONNECTION, config: { concurrent: 400 } };
  expect(await fixedOf({ connection: generous, service, concurrent: 20 })).toEqual({
    id: "connection/conn_1",
    concurrent: 100,
  });
  const direct = { service: undefined, concurrent: undefined };
  expect(await fixedOf({ ...direct, connection: { ...CONNECTION, config: { concurrent: 3 } } })).toMatchObject({
    concurrent: 3,
  });
  for (const free of [
    { ...direct, connection: CONNECTION },
    { ...direct, connection: null, concurrent: 5 },
  ])
    expect(await fixedOf(free)).toBeUndefined();
  // What the platform supplies itself is bound by the execution alone.
  expect(await fixedOf({ connection: CONNECTION, service, concurrent: 2 }, { digest: undefined })).toBeUndefined();
});

test("who finds no place is RATE_LIMITED, and says where", async () => {
  const full = book({ kind: "busy", concurrent: 10 });
  const where = { connection: CONNECTION, service: undefined, concurrent: 10 };
  expect(await withinLimit(callOf(), where, full.services, () => 0, send)).toMatchObject({
    ok: false,
    retryAfterMs: 1_000,
    error: {
      code: "RATE_LIMITED",
      message: expect.stringContaining("by this connection"),
      details: { concurrent: 10 },
    },
  });
  const instances = book({ kind: "busy", concurrent: 4 });
  expect(
    await throughInstances(callOf(), instances.services, { now: () => 0, isOver: () => false }, send),
  ).toMatchObject({
    error: { code: "RATE_LIMITED", details: { reason: "concurrent", concurrent: 4 } },
  });
});
