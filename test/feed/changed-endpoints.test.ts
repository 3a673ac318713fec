import { expect, test } from "vitest";
import type { WebhookEndpointChange } from "../../contracts/webhooks-rpc.ts";
import { eventOf, itemOf } from "./items.ts";
import { deliveriesOf, endpointNow, feedWith } from "./receivers.ts";
import { answerOf, START } from "./simulated-feed.ts";

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

test("one failure days after another, with nothing tried between, does not switch an endpoint off", async () => {
  const { feed, at, make, push } = feedWith(({ id }, count) =>
    answerOf(id.startsWith("exec_a") || count < 3 ? 500 : 200),
  );
  await make("quiet", ["*"]);
  await push("exec_a", "workflow.completed");
  await feed.runUntil(START + 6 * DAY_MS);
  await push("exec_b", "workflow.completed");
  await feed.runUntil(START + 6 * DAY_MS + SECOND_MS);
  expect(await endpointNow(feed, "quiet")).toMatchObject({ enabled: true, failingSince: START + 6 * DAY_MS });
  await feed.runUntil(START + 7 * DAY_MS);
  expect(at("quiet").filter(({ id }) => id.startsWith("exec_b"))).toHaveLength(3);
  expect(await endpointNow(feed, "quiet")).toMatchObject({ enabled: true, failingSince: null });
});

test("one that fails every attempt at what comes once a day is switched off after five days: retries are no silence", async () => {
  const { feed, make, push } = feedWith(() => answerOf(500));
  await make("daily", ["*"]);
  for (let day = 0; day < 6; day += 1) {
    await push(`exec_${day}`, "workflow.completed");
    await feed.runUntil(START + (day + 1) * DAY_MS);
  }
  expect(await endpointNow(feed, "daily")).toMatchObject({ enabled: false, failingSince: START });
});

test("nothing is sent again to an endpoint that is switched off: it is said what to do", async () => {
  const { feed, at, make, push } = feedWith(() => answerOf(200));
  await make("off", ["*"]);
  await push("exec_a", "workflow.completed");
  await feed.runUntil(START + MINUTE_MS);
  const switchOn = (enabled: boolean) => feed.insist(({ webhooks }) => webhooks.change("off", { enabled }, "key_me"));
  await switchOn(false);
  const [delivery] = await deliveriesOf(feed, "off");
  const resends = async () => [
    await feed.insist(({ webhooks }) => webhooks.resend(delivery?.id ?? "")),
    await feed.insist(({ webhooks }) => webhooks.resendSince("off", START, false)),
  ];
  for (const answer of await resends())
    expect(answer).toMatchObject({
      ok: false,
      code: "CONFLICT",
      message: expect.stringContaining('{"enabled": true}'),
    });
  await feed.runUntil(START + 2 * MINUTE_MS);
  expect(at("off")).toHaveLength(1);
  await switchOn(true);
  expect((await resends()).map(({ ok }) => ok)).toEqual([true, true]);
  await feed.runUntil(START + 3 * MINUTE_MS);
  expect(at("off")).toHaveLength(3);
});

test("an ordered endpoint is not told of an older event after a newer one of its execution; others are", async () => {
  const { feed, at, make } = feedWith(() => answerOf(200));
  await make("ordered", ["*"], { ordered: true });
  await make("other", ["*"]);
  const push = (execution: string, id: number) =>
    feed.insist(({ outlet }) => outlet.push([itemOf(execution, [eventOf(execution, id, "log", feed.clock.now())])]));
  for (const id of [5, 3, 6]) await push("exec_a", id);
  await push("exec_b", 1);
  await feed.runUntil(START + MINUTE_MS);
  const ids = (endpoint: string) =>
    at(endpoint).map(({ body }) => `${JSON.parse(body).execution_id} ${JSON.parse(body).id}`);
  expect(ids("ordered")).toEqual(["exec_a 5", "exec_a 6", "exec_b 1"]);
  expect(ids("other")).toEqual(["exec_a 5", "exec_a 3", "exec_a 6", "exec_b 1"]);
});

test("an endpoint that is switched on again or asks for more is told nothing of before; what it had asked for still comes", async () => {
  const { feed, at, make } = feedWith(() => answerOf(200));
  const change = (id: string, more: WebhookEndpointChange) =>
    feed.insist(({ webhooks }) => webhooks.change(id, more, "key_me"));
  await make("off", ["*"]);
  await make("wider", ["workflow.*"]);
  await change("off", { enabled: false });
  await feed.runUntil(START + HOUR_MS);
  await change("off", { enabled: true });
  await change("wider", { eventTypes: ["*"] });
  // A cell that was told of it pushes what an execution has recorded since it began.
  const now = feed.clock.now();
  const events = (["workflow.started", "step.started", "unheard.of", "log"] as const).flatMap((type, index) => [
    eventOf("exec_a", index + 1, type, START + MINUTE_MS),
    eventOf("exec_a", index + 11, type, now - SECOND_MS),
  ]);
  await feed.insist(({ outlet }) => outlet.push([itemOf("exec_a", events)]));
  await feed.runUntil(START + 2 * HOUR_MS);
  const ids = (endpoint: string) =>
    at(endpoint)
      .map(({ body }) => JSON.parse(body).id)
      .sort((a, b) => a - b);
  expect(ids("off")).toEqual([11, 12, 13, 14]);
  expect(ids("wider")).toEqual([1, 11, 12, 13, 14]);
  // A change of something else changes nothing of it.
  await change("wider", { description: "wide", enabled: true });
  const late = [15, 16].map((id) => eventOf("exec_a", id, id === 15 ? "workflow.completed" : "log", START + HOUR_MS));
  await feed.insist(({ outlet }) => outlet.push([itemOf("exec_a", late)]));
  await feed.runUntil(START + 3 * HOUR_MS);
  expect(ids("wider")).toEqual([1, 11, 12, 13, 14, 15, 16]);
});

test("who sends more again than is sent at once is told where to go on, and what came in one moment is not parted", async () => {
  const { feed, make } = feedWith(() => new Promise(() => undefined));
  await make("long", ["*"]);
  const push = async (execution: string, count: number): Promise<number> => {
    const at = feed.clock.now();
    const events = Array.from({ length: count }, (_, index) => eventOf(execution, index + 1, "log", at));
    await feed.insist(({ outlet }) => outlet.push([itemOf(execution, events)]));
    await feed.runUntil(at + SECOND_MS);
    return at;
  };
  await push("exec_a", 9);
  const second = await push("exec_b", 3);
  const third = await push("exec_c", 11);
  const resend = (since: number) => feed.insist(({ webhooks }) => webhooks.resendSince("long", since, true, 10));
  for (const enabled of [false, true])
    await feed.insist(({ webhooks }) => webhooks.change("long", { enabled }, "key_me"));
  expect(await resend(START)).toEqual({ ok: true, value: { resent: 9, next: second } });
  expect(await resend(second)).toEqual({ ok: true, value: { resent: 3, next: third } });
  expect(await resend(third)).toEqual({ ok: true, value: { resent: 11, next: third + 1 } });
  expect(await resend(third + 1)).toEqual({ ok: true, value: { resent: 0, next: null } });
  expect(feed.rows("SELECT * FROM deliveries WHERE finished_at IS NOT NULL")).toEqual([]);
});
