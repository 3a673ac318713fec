import { expect, test } from "vitest";
import { failure, success } from "../../contracts/errors.ts";
import type { KeyedEvent, KeyedWait } from "../../contracts/rpc.ts";
import { record } from "./execution-record.ts";
import { type Answer, QuietTenant } from "./quiet-tenant.ts";
import { START } from "./simulated-tenant.ts";
import type { Told } from "./told.ts";

const HOUR_MS = 3_600_000;
const running = ({ execution }: Told): Answer => success(record(execution, "running"));
const event = (id: string, fields: Partial<KeyedEvent> = {}): KeyedEvent => ({
  id,
  name: "paid",
  key: "k",
  payload: { id },
  expiresAt: START + HOUR_MS,
  ...fields,
});
const publish = (tenant: QuietTenant, it: KeyedEvent) => tenant.ask((exchange) => exchange.events.publish(it));
const wait = (tenant: QuietTenant, executionId: string, fields: Partial<KeyedWait> = {}) =>
  tenant.ask((exchange) =>
    exchange.events.await({ executionId, cell: "cell", path: "w", name: "paid", key: "k", ...fields }),
  );
const forget = (tenant: QuietTenant, id: string) => tenant.ask((exchange) => exchange.events.forget(id, "w"));
const given = (tenant: QuietTenant): string[] =>
  tenant.told.map(({ execution, command }) => `${execution} ${command.type === "signal" ? command.id : command.type}`);

test("everybody who waits for an event and its key gets it once, as a signal for that wait; nobody else does", async () => {
  const tenant = new QuietTenant(running);
  for (const id of ["a", "b"]) await wait(tenant, id);
  await wait(tenant, "other key", { key: "l" });
  await wait(tenant, "other name", { name: "refunded" });
  const sent = event("evt_1", { channel: "web" });
  expect(await publish(tenant, sent)).toEqual(success(2));
  expect(await publish(tenant, sent)).toEqual(success(2));
  await tenant.pass(60_000);
  expect(given(tenant)).toEqual(["a evt_1", "b evt_1"]);
  expect(tenant.told[0]).toEqual({
    cell: "cell",
    execution: "a",
    command: {
      type: "signal",
      name: "paid",
      key: "k",
      payload: { id: "evt_1" },
      id: "evt_1",
      path: "w",
      channel: "web",
    },
  });
});

test("kept events go to those that come, oldest first, each to one, and the same again when asked again", async () => {
  const tenant = new QuietTenant(running);
  for (const id of ["evt_1", "evt_2"]) expect(await publish(tenant, event(id))).toEqual(success(0));
  expect(await wait(tenant, "a")).toEqual(event("evt_1"));
  expect(await wait(tenant, "b")).toEqual(event("evt_2"));
  expect(await wait(tenant, "c")).toBeNull();
  expect(await wait(tenant, "a")).toEqual(event("evt_1"));
  await tenant.pass(2 * HOUR_MS);
  expect(await wait(tenant, "a")).toEqual(event("evt_1"));
  await forget(tenant, "a");
  expect(await wait(tenant, "a")).toBeNull();
  expect(given(tenant)).toEqual([]);
});

test("a kept event is gone when its time is over, one without any is for those who wait now", async () => {
  const tenant = new QuietTenant(running);
  await publish(tenant, event("evt_1"));
  await publish(tenant, event("evt_2", { key: "l", expiresAt: START }));
  await tenant.pass(HOUR_MS);
  expect(await wait(tenant, "a")).toBeNull();
  expect(await wait(tenant, "b", { key: "l" })).toBeNull();
  await tenant.pass(120_000);
  expect(tenant.rows("SELECT * FROM keyed_events")).toEqual([]);
  expect(await publish(tenant, event("evt_3", { expiresAt: tenant.clock.now() }))).toEqual(success(1));
});

test("who has an event gets no other: the next is kept", async () => {
  const tenant = new QuietTenant(running);
  await wait(tenant, "a");
  await publish(tenant, event("evt_1"));
  expect(await publish(tenant, event("evt_2"))).toEqual(success(0));
  expect(await wait(tenant, "b")).toEqual(event("evt_2"));
});

test("who waits no more gets nothing", async () => {
  const tenant = new QuietTenant(running);
  await wait(tenant, "a");
  await forget(tenant, "a");
  expect(await publish(tenant, event("evt_1"))).toEqual(success(0));
  expect(given(tenant)).toEqual([]);
});

test.each<[what: string, answer: Answer]>([
  ["is not there any more", null],
  ["has ended", failure("CONFLICT", "It has ended.")],
  ["waits no more", failure("NOT_FOUND", "Nothing waits there.")],
])("when the only one who waits %s, the event is kept for the next", async (_, answer) => {
  const tenant = new QuietTenant(() => answer);
  await wait(tenant, "a");
  expect(await publish(tenant, event("evt_1"))).toEqual(success(0));
  expect(tenant.rows("SELECT * FROM keyed_waits")).toEqual([]);
  expect(await wait(tenant, "b")).toEqual(event("evt_1"));
});

test("a wait that an event does not fit waits on for the next, and the event is kept", async () => {
  const tenant = new QuietTenant((told) =>
    told.command.type === "signal" && told.command.id === "evt_1"
      ? failure("VALIDATION", "It does not fit.")
      : running(told),
  );
  await wait(tenant, "a");
  expect(await publish(tenant, event("evt_1"))).toEqual(success(0));
  expect(await publish(tenant, event("evt_2"))).toEqual(success(1));
  expect(given(tenant)).toEqual(["a evt_1", "a evt_2"]);
  expect(await wait(tenant, "b")).toEqual(event("evt_1"));
});

test("who declines an event late gets the one that was kept meanwhile", async () => {
  const tenant = new QuietTenant(async (told) => {
    if (told.execution !== "slow" || told.command.type !== "signal" || told.command.id !== "evt_1")
      return running(told);
    await tenant.pause(2_000);
    return failure("VALIDATION", "It does not fit.");
  });
  for (const id of ["slow", "quick"]) await wait(tenant, id);
  void publish(tenant, event("evt_1"));
  await tenant.pass(100);
  expect(await publish(tenant, event("evt_2"))).toEqual(success(0));
  await tenant.pass(5_000);
  expect(given(tenant)).toEqual(["quick evt_1", "slow evt_1", "slow evt_2"]);
});

test("a wait that began again at the same path outlives the refusal of what was meant for the one before", async () => {
  const tenant = new QuietTenant(async (told) => {
    if (told.command.type === "signal" && told.command.id !== "evt_1") return running(told);
    await tenant.pause(2_000);
    return failure("NOT_FOUND", "Nothing waits there.");
  });
  for (const id of ["a", "b"]) await wait(tenant, id);
  void publish(tenant, event("evt_1", { expiresAt: START + 1_500 }));
  await tenant.pass(100);
  await forget(tenant, "a");
  expect(await wait(tenant, "a")).toBeNull();
  await tenant.pass(5_000);
  expect(await publish(tenant, event("evt_2"))).toEqual(success(1));
  expect(given(tenant).slice(2)).toEqual(["a evt_2"]);
});

test("a delivery is repeated until its cell answers; meanwhile later events of the key wait, of others do not", async () => {
  let away = true;
  const tenant = new QuietTenant((told) => (away && told.execution === "a" ? "unreachable" : running(told)));
  await wait(tenant, "a");
  expect(await publish(tenant, event("evt_1"))).toEqual(success(0));
  await wait(tenant, "b");
  expect(await publish(tenant, event("evt_2"))).toEqual(success(0));
  await wait(tenant, "c", { key: "l" });
  expect(await publish(tenant, event("evt_3", { key: "l" }))).toEqual(success(1));
  await tenant.pass(5_000);
  expect(given(tenant)).not.toContain("b evt_2");
  away = false;
  await tenant.pass(30_000);
  expect(given(tenant).slice(-2)).toEqual(["a evt_1", "b evt_2"]);
});

test("a publisher is answered though a cell is silent", async () => {
  const tenant = new QuietTenant((told) => (told.execution === "a" ? "silent" : running(told)));
  await wait(tenant, "a");
  await wait(tenant, "b");
  const answer = publish(tenant, event("evt_1"));
  await tenant.pass(6_000);
  expect(await answer).toEqual(success(1));
});

test("who asks again while its event is on its way has it by the answer", async () => {
  const tenant = new QuietTenant(() => "unreachable");
  await wait(tenant, "a");
  await publish(tenant, event("evt_1"));
  expect(await wait(tenant, "a")).toEqual(event("evt_1"));
  const before = tenant.told.length;
  await tenant.pass(120_000);
  expect(tenant.told).toHaveLength(before);
});

test("an event that expired on its way is given up, and its wait gets the next", async () => {
  let away = true;
  const tenant = new QuietTenant((told) => (away ? "unreachable" : running(told)));
  await wait(tenant, "a");
  await publish(tenant, event("evt_1", { expiresAt: START + 60_000 }));
  await tenant.pass(130_000);
  away = false;
  expect(await publish(tenant, event("evt_2"))).toEqual(success(1));
});

test("a wait of an execution that died is found within a day", async () => {
  const tenant = new QuietTenant(running, () => false);
  await wait(tenant, "a");
  await tenant.pass(25 * HOUR_MS);
  expect(tenant.rows("SELECT * FROM keyed_waits")).toEqual([]);
  await tenant.pass(25 * HOUR_MS);
  expect(tenant.hasAlarm).toBe(false);
});

test("ten thousand events are kept, one more is refused, and one that somebody waits for is not", async () => {
  const tenant = new QuietTenant(running);
  await wait(tenant, "a", { key: "l" });
  for (let n = 0; n < 10_000; n++)
    await tenant.ask((exchange) => void exchange.events.publish(event(`evt_${n}`, { key: `k${n % 7}` })));
  expect(await publish(tenant, event("evt_more"))).toMatchObject({
    ok: false,
    code: "RATE_LIMITED",
    details: { limit: "kept_events" },
  });
  expect(await publish(tenant, event("evt_wanted", { key: "l" }))).toEqual(success(1));
  await wait(tenant, "b", { key: "k0" });
  expect(await publish(tenant, event("evt_more"))).toEqual(success(0));
});
