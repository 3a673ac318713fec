import { expect, test } from "vitest";
import { eventOf, itemOf } from "./items.ts";
import { answerOf, START } from "./simulated-feed.ts";
import { deliveriesOf, endpointNow, feedWith } from "./receivers.ts";

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

test("a delivery is tried eight times over about 28 hours, then it has failed", async () => {
  const { feed, at, make, push } = feedWith(() => answerOf(500));
  await make("down", ["*"]);
  await push("exec_a", "workflow.completed");
  await feed.runUntil(START + 40 * HOUR_MS);
  const gaps = at("down").map((arrival, index, all) => arrival.at - (all[index - 1]?.at ?? START));
  expect(gaps).toHaveLength(8);
  const planned = [
    0,
    5 * SECOND_MS,
    5 * MINUTE_MS,
    30 * MINUTE_MS,
    2 * HOUR_MS,
    5 * HOUR_MS,
    10 * HOUR_MS,
    10 * HOUR_MS,
  ];
  for (const [index, gap] of gaps.entries()) {
    expect(gap).toBeGreaterThanOrEqual((planned[index] ?? 0) * 0.74);
    expect(gap).toBeLessThanOrEqual((planned[index] ?? 0) * 1.26);
  }
  expect(new Set(at("down").map(({ id, body }) => `${id} ${body}`)).size).toBe(1);
  const [delivery] = await deliveriesOf(feed, "down");
  expect(delivery).toMatchObject({ status: "failed", reason: "exhausted", attempts: 8, nextAttemptAt: null });
  expect(feed.rows("SELECT * FROM attempts")).toHaveLength(8);
});

test("Retry-After is waited for, up to ten hours; an earlier one shortens nothing", async () => {
  const wishes = [30 * MINUTE_MS, 1, 10 * DAY_MS];
  const { feed, at, make, push } = feedWith((_request, count) =>
    count > 3 ? answerOf(200) : answerOf(429, { retryAfterMs: wishes[count - 1] ?? 0 }),
  );
  await make("busy", ["*"]);
  await push("exec_a", "workflow.completed");
  await feed.runUntil(START + 2 * DAY_MS);
  const gaps = at("busy").map((arrival, index, all) => arrival.at - (all[index - 1]?.at ?? START));
  expect(gaps).toHaveLength(4);
  expect(gaps[1]).toBeGreaterThanOrEqual(30 * MINUTE_MS);
  expect(gaps[2]).toBeGreaterThanOrEqual(5 * MINUTE_MS * 0.74);
  expect(gaps[3]).toBeGreaterThanOrEqual(10 * HOUR_MS);
  expect(gaps[3]).toBeLessThanOrEqual(13 * HOUR_MS);
});

test("a receiver that is down for five days is switched off with a notice, and has everything again by a resend (F30)", async () => {
  let down = true;
  const { feed, at, make, push } = feedWith(({ url }) =>
    down && url.includes("down") ? answerOf(null) : answerOf(200),
  );
  await make("down", ["workflow.*"]);
  await make("operator", ["endpoint.disabled"]);
  for (let hour = 0; hour < 6 * 24; hour += 1) {
    await push(`exec_${hour}`, "workflow.completed");
    await feed.runUntil(START + (hour + 1) * HOUR_MS);
  }
  const disabled = await endpointNow(feed, "down");
  expect(disabled).toMatchObject({ enabled: false, disabledReason: "failing" });
  expect(disabled?.updatedAt).toBeGreaterThanOrEqual(START + 5 * DAY_MS);
  expect(disabled?.updatedAt).toBeLessThan(START + 5 * DAY_MS + 2 * HOUR_MS);
  expect(at("operator").map(({ body }) => JSON.parse(body))).toEqual([
    {
      type: "endpoint.disabled",
      timestamp: new Date(disabled?.updatedAt ?? 0).toISOString(),
      data: { endpoint_id: "down", url: "https://down.example.org/hook", reason: "failing" },
    },
  ]);
  expect([...feed.audit.values()].filter((entry) => entry.includes("disabled"))).toEqual([
    "webhook_endpoint.disabled down",
  ]);
  // Nothing waits for it any more, and nothing new is kept for it.
  const before = new Map(at("down").map(({ id, body }) => [id, body]));
  const tried = at("down").length;
  await feed.runUntil(START + 12 * DAY_MS);
  expect(at("down")).toHaveLength(tried);

  down = false;
  await feed.insist(({ webhooks }) => webhooks.change("down", { enabled: true }, "key_me"));
  expect(await endpointNow(feed, "down")).toMatchObject({ enabled: true, disabledReason: null, failingSince: null });
  const again = await feed.insist(({ webhooks }) => webhooks.resendSince("down", START, false));
  expect(again).toMatchObject({ value: { resent: before.size, next: null } });
  await feed.runUntil(START + 13 * DAY_MS);
  const resent = at("down").slice(tried);
  expect(new Map(resent.map(({ id, body }) => [id, body]))).toEqual(before);
  expect(feed.rows("SELECT * FROM deliveries WHERE state <> 'delivered'")).toEqual([]);
});

test("an endpoint that has a success in between stays on, however long it fails before and after", async () => {
  const { feed, make, push } = feedWith(({ at }) =>
    answerOf(at > START + 4 * DAY_MS && at < START + 4.2 * DAY_MS ? 200 : 500),
  );
  await make("shaky", ["*"]);
  for (let hour = 0; hour < 8 * 24; hour += 4) {
    await push(`exec_${hour}`, "workflow.completed");
    await feed.runUntil(START + (hour + 4) * HOUR_MS);
  }
  expect(await endpointNow(feed, "shaky")).toMatchObject({ enabled: true, disabledReason: null });
});

test("410 switches an endpoint off at once; what waited for it has failed", async () => {
  const { feed, at, make, push } = feedWith(() => answerOf(410));
  await make("gone", ["*"]);
  await push("exec_a", "workflow.started", "workflow.completed");
  await feed.runUntil(START + HOUR_MS);
  expect(await endpointNow(feed, "gone")).toMatchObject({ enabled: false, disabledReason: "gone" });
  const reasons = (await deliveriesOf(feed, "gone")).map(({ status, reason }) => `${status} ${reason}`);
  expect(reasons.every((it) => ["failed gone", "failed endpoint_disabled"].includes(it))).toBe(true);
  const before = at("gone").length;
  await push("exec_b", "workflow.completed");
  await feed.runUntil(START + DAY_MS);
  expect(at("gone")).toHaveLength(before);
});

test("in an ordered endpoint the next event goes on when the one before it was given up", async () => {
  const { feed, at, make, push } = feedWith(({ body }) => answerOf(body.includes("step.started") ? 500 : 200));
  await make("ordered", ["*"], { ordered: true });
  await push("exec_a", "workflow.started", "step.started", "workflow.completed");
  await push("exec_b", "workflow.started", "workflow.completed");
  await feed.runUntil(START + HOUR_MS);
  // Another execution does not wait.
  expect(at("ordered").filter(({ id }) => id.startsWith("exec_b"))).toHaveLength(2);
  expect(at("ordered").some(({ id }) => id === "exec_a:1:workflow.completed")).toBe(false);
  await feed.runUntil(START + 40 * HOUR_MS);
  expect(at("ordered").filter(({ id }) => id.startsWith("exec_a"))).toHaveLength(1 + 8 + 1);
  expect(at("ordered").at(-1)?.id).toBe("exec_a:1:workflow.completed");
});

test("a resend to an ordered endpoint keeps the order too, each after the one before was taken", async () => {
  const { feed, at, make, push } = feedWith(async () => {
    await feed.pause(SECOND_MS);
    return answerOf(200);
  });
  await make("ordered", ["*"], { ordered: true });
  const types = ["workflow.started", "step.started", "step.completed", "workflow.completed"];
  await push("exec_a", ...types);
  await feed.runUntil(START + MINUTE_MS);
  await feed.insist(({ webhooks }) => webhooks.resendSince("ordered", START, false));
  await feed.runUntil(START + HOUR_MS);
  expect(at("ordered").map(({ body }) => JSON.parse(body).type)).toEqual([...types, ...types]);
  for (const [index, { at: arrived }] of at("ordered").slice(1).entries())
    expect(arrived - (at("ordered")[index]?.at ?? 0)).toBeGreaterThanOrEqual(SECOND_MS);
});

test("killed in the middle of its only delivery, a feed comes back by its alarm within ten seconds and sends it again", async () => {
  const { feed, at, make, push } = feedWith((_request, count) =>
    count === 1 ? new Promise(() => undefined) : answerOf(200),
  );
  await make("once", ["*"]);
  // The notice of the endpoint is with the audit log, the cells know: no other alarm is left.
  await feed.runUntil(START + HOUR_MS);
  expect(feed.hasAlarm).toBe(false);
  await push("exec_a", "workflow.completed");
  await feed.runUntil(START + HOUR_MS + SECOND_MS);
  expect(at("once")).toHaveLength(1);
  feed.kill();
  await feed.runUntil(START + HOUR_MS + 12 * SECOND_MS);
  expect(at("once").map(({ id, body }) => `${id} ${body}`)).toEqual(
    Array.from({ length: 2 }, () => `${at("once")[0]?.id} ${at("once")[0]?.body}`),
  );
  expect(feed.rows("SELECT state, attempts FROM deliveries")).toEqual([{ state: "delivered", attempts: 1 }]);
});

test("a receiver that answers after 14 seconds holds nobody else up", async () => {
  const { feed, at, make, push } = feedWith(async ({ url }) => {
    if (url.includes("slow")) await feed.pause(14 * SECOND_MS);
    return answerOf(200);
  });
  for (let index = 0; index < 40; index += 1) await make(`slow${index}`, ["*"]);
  await make("quick", ["*"]);
  // After two rounds all of them are known to be slow.
  for (let round = 0; round < 30; round += 1) {
    await push(`exec_${round}`, "workflow.completed");
    await feed.runUntil(START + (round + 1) * 15 * SECOND_MS);
  }
  const late = at("quick").map(
    ({ id, at: arrived }) => arrived - (START + Number(/\d+/.exec(id)?.[0]) * 15 * SECOND_MS),
  );
  expect(late).toHaveLength(30);
  expect(Math.max(...late.slice(3))).toBeLessThan(SECOND_MS);
});

test("a thousand that fail in one moment do not come back in one (F38)", async () => {
  const until = START + 10 * SECOND_MS;
  const { feed, at, make } = feedWith(async ({ at: arrived }) => {
    await feed.pause(5);
    return answerOf(arrived < until ? 500 : 200);
  });
  for (let index = 0; index < 10; index += 1) await make(`storm${index}`, ["*"]);
  const items = Array.from({ length: 100 }, (_, index) => {
    return itemOf(`exec_${index}`, [eventOf(`exec_${index}`, 1, "workflow.failed", START)]);
  });
  await feed.insist(({ outlet }) => outlet.push(items));
  await feed.runUntil(START + 2 * HOUR_MS);
  expect(feed.rows("SELECT * FROM deliveries WHERE state <> 'delivered'")).toEqual([]);
  const perSecond = new Map<number, number>();
  for (let index = 0; index < 10; index += 1)
    for (const { at: arrived } of at(`storm${index}`).filter((it) => it.at > START + MINUTE_MS)) {
      const second = Math.floor(arrived / SECOND_MS);
      perSecond.set(second, (perSecond.get(second) ?? 0) + 1);
    }
  // What failed twice comes back after five minutes, spread over 150 seconds.
  const counts = [...perSecond.values()];
  const total = counts.reduce((sum, count) => sum + count, 0);
  expect(total).toBeGreaterThan(100);
  expect(Math.max(...counts)).toBeLessThan(3 * Math.max(1, total / 150) + 5);
});

test("both secrets sign for a day after a rotation, the new one first; then the new one alone", async () => {
  const { feed, at, make, push } = feedWith(() => answerOf(200));
  await make("rotated", ["*"]);
  const sealed = { place: "rotated", sealed: "sealed-new" };
  await feed.insist(({ webhooks }) => webhooks.rotate("rotated", sealed, feed.clock.now() + DAY_MS, "key_me"));
  await push("exec_a", "workflow.completed");
  await feed.runUntil(START + DAY_MS + MINUTE_MS);
  await push("exec_b", "workflow.completed");
  await feed.runUntil(START + DAY_MS + HOUR_MS);
  expect(at("rotated").map(({ secrets }) => secrets.map((it) => it.sealed))).toEqual([
    ["sealed-new", "sealed-rotated"],
    ["sealed-new"],
  ]);
});

test("what the egress rules refuse is given up at once, and so is what was deleted", async () => {
  const { feed, at, make, push } = feedWith(() => answerOf(null, { fault: "egress" }));
  await make("private", ["*"]);
  await push("exec_a", "workflow.completed");
  await feed.runUntil(START + DAY_MS);
  expect(at("private")).toHaveLength(1);
  expect((await deliveriesOf(feed, "private"))[0]).toMatchObject({ status: "failed", reason: "egress" });
});

test("an endpoint is not told what happened before it was made", async () => {
  const { feed, at, make } = feedWith(() => answerOf(200));
  await feed.runUntil(START + HOUR_MS);
  await make("late", ["*"]);
  const events = [eventOf("exec_a", 1, "workflow.started", START), eventOf("exec_a", 2, "log", feed.clock.now())];
  await feed.insist(({ outlet }) => outlet.push([itemOf("exec_a", events)]));
  await feed.runUntil(START + 2 * HOUR_MS);
  expect(at("late").map(({ body }) => JSON.parse(body).id)).toEqual([2]);
});

test("a callback is told how the execution ended, once for each run attempt", async () => {
  const { feed, arrivals } = feedWith(() => answerOf(200));
  await feed.insist(({ webhooks }) => webhooks.putCallbackSecret({ place: "callbacks/test", sealed: "sealed-own" }));
  const callbackUrl = "https://caller.example.org/done?token=1";
  const failed = eventOf("exec_a", 3, "workflow.failed", START, { error: { code: "TIMEOUT", message: "late" } });
  const ended = eventOf("exec_a", 7, "workflow.completed", START, { outputs: { sum: 3 } });
  await feed.insist(({ outlet }) => outlet.push([itemOf("exec_a", [failed], { callbackUrl })]));
  const again = itemOf("exec_a", [ended], { callbackUrl, runAttempt: 2 });
  await feed.insist(({ outlet }) => outlet.push([again]));
  await feed.insist(({ outlet }) => outlet.push([again]));
  await feed.runUntil(START + HOUR_MS);
  const about = {
    execution_id: "exec_a",
    workflow: { name: "Sum", version: "1.0.0", slug: "sum" },
    finished_at: new Date(START).toISOString(),
  };
  expect(arrivals.map(({ id, url, body }) => ({ id, url, body: JSON.parse(body) }))).toEqual([
    {
      id: "exec_a:1:workflow.failed",
      url: callbackUrl,
      body: { ...about, status: "failed", error: { code: "TIMEOUT", message: "late" }, run_attempt: 1 },
    },
    {
      id: "exec_a:2:workflow.completed",
      url: callbackUrl,
      body: { ...about, status: "completed", result: { outputs: { sum: 3 } }, run_attempt: 2 },
    },
  ]);
  expect(arrivals.every(({ secrets }) => secrets[0]?.sealed === "sealed-own")).toBe(true);
});

test("what is too many for an endpoint is given up at once and can be sent again", async () => {
  const { feed, make } = feedWith(() => new Promise(() => undefined));
  await make("full", ["*"]);
  const many = Array.from({ length: 20_010 }, (_, index) => eventOf("exec_a", index + 1, "log", START));
  await feed.insist(({ outlet }) => outlet.push([itemOf("exec_a", many)]));
  expect(feed.rows("SELECT * FROM deliveries WHERE reason = 'backlog'")).toHaveLength(10);
});

test("an alarm whose work fails rings again, and what was due is sent then", async () => {
  const { feed, at, make, push } = feedWith((_request, count) => answerOf(count === 1 ? 500 : 200));
  await make("later", ["*"]);
  await push("exec_a", "workflow.completed");
  await feed.runUntil(START + SECOND_MS);
  feed.failsOn = (query) => query.startsWith("SELECT target, due");
  await feed.runUntil(START + 20 * SECOND_MS);
  expect(at("later")).toHaveLength(1);
  expect(feed.reports).not.toEqual([]);
  feed.failsOn = () => false;
  await feed.runUntil(START + 2 * MINUTE_MS);
  expect(at("later")).toHaveLength(2);
});

test("a notice that came while the audit log took others is not taken with them", async () => {
  const { feed, make } = feedWith(() => answerOf(200));
  await make("first", ["*"]);
  const taken = await feed.insist(({ outlet }) => outlet.notices.read());
  await make("second", ["*"]);
  await feed.insist(({ outlet }) => outlet.notices.ack(taken.at(-1)?.seq ?? 0));
  const left = await feed.insist(({ outlet }) => outlet.notices.read());
  expect(left).toMatchObject([{ action: "webhook_endpoint.created", subject: "second", actor: "key_me" }]);
});

test("a tenant has fifty endpoints and no more; making one twice makes one", async () => {
  const { feed, make } = feedWith(() => answerOf(200));
  for (let index = 0; index < 50; index += 1) expect((await make(`whe_${index}`, ["*"])).ok).toBe(true);
  expect(await make("whe_0", ["*"])).toMatchObject({ ok: true });
  expect(await make("whe_50", ["*"])).toMatchObject({ ok: false, code: "CONFLICT" });
  expect(feed.rows("SELECT * FROM endpoints")).toHaveLength(50);
});

test("what is too large is sent without its data, and says so", async () => {
  const { feed, arrivals, make } = feedWith(() => answerOf(200));
  await make("large", ["*"]);
  const outputs = { text: "ä".repeat(140_000) };
  const ended = eventOf("exec_a", 1, "workflow.completed", START, { outputs });
  const huge = eventOf("exec_b", 1, "workflow.completed", START, { outputs: { text: "x".repeat(1_500_000) } });
  const callbackUrl = "https://caller.example.org/";
  const items = [itemOf("exec_a", [ended], { callbackUrl }), itemOf("exec_b", [huge], { callbackUrl })];
  await feed.insist(({ outlet }) => outlet.push(items));
  await feed.runUntil(START + MINUTE_MS);
  const bodyOf = (id: string, url: string) =>
    JSON.parse(arrivals.find((it) => it.id.startsWith(id) && it.url.includes(url))?.body ?? "null");
  expect(bodyOf("exec_a", "large")).toMatchObject({ id: 1, data: {}, truncated: true });
  expect(bodyOf("exec_a", "caller")).toMatchObject({ status: "completed", result: { outputs } });
  expect(bodyOf("exec_b", "caller")).toMatchObject({ status: "completed", result: { outputs: {} }, truncated: true });
});

test("finished deliveries go after thirty days, with their attempts and bodies", async () => {
  const { feed, make, push } = feedWith(() => answerOf(200));
  await make("old", ["*"]);
  await push("exec_a", "workflow.completed");
  await feed.runUntil(START + 29 * DAY_MS);
  expect(feed.rows("SELECT * FROM deliveries")).toHaveLength(1);
  await feed.runUntil(START + 31 * DAY_MS);
  for (const table of ["deliveries", "attempts", "messages"]) expect(feed.rows(`SELECT * FROM ${table}`)).toEqual([]);
});

test("a feed that has delivered everything sets no alarm but for what it will forget", async () => {
  const { feed, make, push } = feedWith(() => answerOf(200));
  await make("quiet", ["*"]);
  await push("exec_a", "workflow.completed");
  await feed.runUntil(START + 40 * DAY_MS);
  expect(feed.hasAlarm).toBe(false);
});
