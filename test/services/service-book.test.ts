import { DatabaseSync } from "node:sqlite";
import { beforeEach, expect, test } from "vitest";
import type { InstanceHealth, InstanceWish, ServiceInstance } from "../../contracts/services-rpc.ts";
import { ObjectSql } from "../../durable-objects/object-sql.ts";
import { SERVICES_MIGRATIONS } from "../../durable-objects/services/migrations.ts";
import { ServiceBook } from "../../durable-objects/services/service-book.ts";
import { serves } from "../../durable-objects/services/serves.ts";

let now = 0;
let alarmAt = 0;
let health: Record<string, Exclude<InstanceHealth, "unknown">> = {};
let probed: string[] = [];
let timers: { at: number; task: () => void }[] = [];
let book: ServiceBook;
let storage: ConstructorParameters<typeof ObjectSql>[0];

function simulated(): ConstructorParameters<typeof ObjectSql>[0] {
  const database = new DatabaseSync(":memory:");
  return {
    sql: {
      exec(query: string, ...bindings) {
        if (bindings.length === 0 && /;\s*\S/.test(query)) {
          database.exec(query);
          return { toArray: () => [] };
        }
        const values = bindings.map((value) => (value instanceof ArrayBuffer ? new Uint8Array(value) : value));
        const rows = database.prepare(query).all(...values);
        return { toArray: () => rows as never };
      },
    },
    transactionSync: (work) => work(),
  };
}

function open(): ServiceBook {
  return new ServiceBook({
    sql: new ObjectSql(storage, SERVICES_MIGRATIONS),
    everyMs: 30_000,
    now: () => now,
    later: (ms, task) => {
      const timer = { at: now + ms, task };
      timers.push(timer);
      return () => {
        timers = timers.filter((other) => other !== timer);
      };
    },
    probe: async (url) => {
      probed.push(url);
      return { health: health[url] ?? "ok" };
    },
    setAlarm: (at) => {
      alarmAt = at;
    },
  });
}

function instance(instanceId: string, more: Partial<ServiceInstance> = {}): ServiceInstance {
  const url = `https://${instanceId}.example.org`;
  return {
    connector: "acme/weather",
    instanceId,
    version: "1.0.0",
    url,
    healthUrl: `${url}/healthz`,
    actions: [],
    region: null,
    concurrent: 2,
    registeredAt: now,
    ...more,
  };
}

let leases = 0;
function wish(more: Partial<InstanceWish> = {}): InstanceWish {
  leases += 1;
  const lease = `lease ${leases}`;
  return {
    connector: "acme/weather",
    version: "1.0.0",
    action: "now",
    lease,
    until: now + 10_000,
    waitMs: 0,
    not: [],
    ...more,
  };
}

async function chosen(more: Partial<InstanceWish> = {}): Promise<string> {
  const answer = await book.take(wish(more));
  return answer.kind === "instance" ? answer.instanceId : answer.kind;
}

async function ring(): Promise<void> {
  now = Math.max(now, alarmAt);
  await book.onAlarm();
}

beforeEach(() => {
  now = 1_000_000;
  alarmAt = 0;
  health = {};
  probed = [];
  timers = [];
  storage = simulated();
  book = open();
});

test("the instance with the fewest calls in flight is chosen; between equals, the one whose turn was longest ago", async () => {
  book.register(instance("a", { concurrent: 10 }));
  book.register(instance("b", { concurrent: 10 }));
  expect([await chosen(), await chosen(), await chosen(), await chosen()]).toEqual(["a", "b", "a", "b"]);
  const one = wish();
  expect(await book.take(one)).toMatchObject({ instanceId: "a" });
  expect(await chosen()).toBe("b");
  expect(await chosen()).toBe("a");
  book.giveBack(one.lease, "reached");
  expect(await chosen()).toBe("b");
  expect(book.list().map(({ inFlight }) => inFlight)).toEqual([3, 4]);
});

test("an instance takes no more calls at once than it says; who comes then waits for a place, or hears that all are full", async () => {
  book.register(instance("a"));
  const first = wish();
  await book.take(first);
  await chosen();
  expect(await book.take(wish())).toEqual({ kind: "busy", concurrent: 2 });
  const waiting = Promise.resolve(book.take(wish({ waitMs: 5_000 })));
  const late = Promise.resolve(book.take(wish({ waitMs: 5_000 })));
  book.giveBack(first.lease, "reached");
  expect(await waiting).toMatchObject({ kind: "instance", instanceId: "a" });
  now += 5_000;
  for (const { task } of [...timers]) task();
  expect(await late).toEqual({ kind: "busy", concurrent: 2 });
  expect(timers).toEqual([]);
});

test("a call whose end nobody told gives its place back when its time is long over", async () => {
  book.register(instance("a", { concurrent: 1 }));
  await chosen();
  expect(await chosen()).toBe("busy");
  now += 10_000;
  expect(await chosen()).toBe("busy");
  now += 5_001;
  expect(await chosen()).toBe("a");
});

test("three failures in a row take an instance out, one good probe puts it back", async () => {
  const well = instance("a");
  const ill = instance("b");
  book.register(well);
  book.register(ill);
  await ring();
  expect(probed.sort()).toEqual([well.healthUrl, ill.healthUrl]);
  expect(alarmAt).toBe(now + 30_000);
  health = { [ill.healthUrl]: "unreachable" };
  for (let failure = 1; failure <= 3; failure += 1) {
    expect(book.list().map(({ inRotation }) => inRotation)).toEqual([true, true]);
    await ring();
  }
  expect(book.list()).toMatchObject([{ inRotation: true }, { inRotation: false, failures: 3, health: "unreachable" }]);
  expect([await chosen(), await chosen(), await chosen()]).toEqual(["a", "a", "busy"]);
  // What was found out is on the disk.
  book = open();
  expect(book.list()[1]).toMatchObject({ inRotation: false });
  health = {};
  for (let turn = 0; turn < 3; turn += 1) await ring();
  expect(book.list()[1]).toMatchObject({ inRotation: true, failures: 0, health: "ok" });
  expect(await chosen()).toBeTypeOf("string");
});

test("calls that did not reach an instance count like failed probes, and have it probed at once", async () => {
  book.register(instance("a", { concurrent: 5 }));
  await ring();
  for (let failure = 0; failure < 3; failure += 1) {
    const call = wish();
    await book.take(call);
    book.giveBack(call.lease, "unreached");
  }
  expect(alarmAt).toBe(now);
  expect(await book.take(wish())).toEqual({ kind: "none", registered: 1, fitting: 1 });
  await ring();
  expect(await chosen()).toBe("a");
});

test("a degraded instance gets calls only where no other has a place", async () => {
  const poor = instance("a");
  book.register(poor);
  book.register(instance("b"));
  health = { [poor.healthUrl]: "degraded" };
  await ring();
  expect([await chosen(), await chosen(), await chosen()]).toEqual(["b", "b", "a"]);
});

test("an instance that is out is asked less and less often, and forgotten after a week", async () => {
  const gone = instance("a");
  book.register(gone);
  health = { [gone.healthUrl]: "unreachable" };
  const pauses: number[] = [];
  for (let turn = 0; turn < 14; turn += 1) {
    await ring();
    pauses.push(alarmAt - now);
  }
  expect(pauses[0]).toBe(5_000);
  expect(pauses.at(-1)).toBe(300_000);
  // A clock that jumps a week ahead is no week of silence.
  now += 8 * 86_400_000;
  await ring();
  expect(book.list()).toHaveLength(1);
  for (let turn = 0; turn < 500 && book.list().length > 0; turn += 1) await ring();
  expect(book.list()).toEqual([]);
});

test("an instance that flaps stays as long as it does not fail three times in a row, and each probe counts", async () => {
  const restless = instance("a");
  book.register(restless);
  for (let turn = 0; turn < 30; turn += 1) {
    health = turn % 3 === 2 ? {} : { [restless.healthUrl]: "unhealthy" };
    await ring();
    expect(book.list()).toMatchObject([{ inRotation: true, failures: turn % 3 === 2 ? 0 : (turn % 3) + 1 }]);
  }
  health = { [restless.healthUrl]: "unhealthy" };
  for (let turn = 0; turn < 3; turn += 1) await ring();
  expect(book.list()).toMatchObject([{ inRotation: false, failures: 3 }]);
});

test("a clock that is set back stops no probes, and one that is set ahead loses no place for longer than a call", async () => {
  const ill = instance("a", { concurrent: 1 });
  book.register(ill);
  health = { [ill.healthUrl]: "unreachable" };
  for (let turn = 0; turn < 3; turn += 1) await ring();
  expect(book.list()).toMatchObject([{ inRotation: false }]);
  health = {};
  now -= 2 * 3_600_000;
  expect(alarmAt - now).toBeGreaterThan(3_600_000);
  // Who finds nobody well has the alarm set by the clock as it is now.
  expect(await chosen()).toBe("none");
  expect(alarmAt - now).toBeLessThanOrEqual(300_000);
  await ring();
  expect(book.list()).toMatchObject([{ inRotation: true }]);
  expect(alarmAt - now).toBeLessThanOrEqual(300_000);
  expect(await chosen({ until: now + 10_000 })).toBe("a");
  now += 2 * 3_600_000;
  expect(await chosen()).toBe("a");
  expect(await chosen()).toBe("busy");
});

test("equal instances get equally many calls, however long each takes", async () => {
  for (const id of ["a", "b", "c"]) book.register(instance(id, { concurrent: 4 }));
  const counts: Record<string, number> = {};
  const open: string[] = [];
  for (let call = 0; call < 300; call += 1) {
    const one = wish();
    const answer = await book.take(one);
    if (answer.kind !== "instance") throw new Error(answer.kind);
    counts[answer.instanceId] = (counts[answer.instanceId] ?? 0) + 1;
    open.push(one.lease);
    if (call % 3 !== 0 || open.length > 9) book.giveBack(open.shift() ?? "", "reached");
  }
  for (const id of ["a", "b", "c"]) expect(counts[id]).toBeGreaterThan(90);
});

test("a task that is pending holds its place over a restart, until it is over or its time is", async () => {
  book.register(instance("a", { concurrent: 2 }));
  const [first, second] = [wish({ lease: "run:1:a#1/x" }), wish({ lease: "run:1:b#1/y" })];
  await book.take(first);
  await book.take(second);
  book.giveBack(first.lease, { pendingUntil: now + 600_000 });
  book.giveBack(second.lease, { pendingUntil: now + 60_000 });
  now += 30_000;
  book = open();
  expect(book.list()).toMatchObject([{ inFlight: 2 }]);
  expect(await chosen()).toBe("busy");
  const waiting = Promise.resolve(book.take(wish({ waitMs: 5_000 })));
  book.attemptOver("run:1:a#1");
  expect(await waiting).toMatchObject({ kind: "instance" });
  expect(await chosen()).toBe("busy");
  now += 36_000;
  expect(await chosen()).toBe("a");
  book = open();
  expect(book.list()).toMatchObject([{ inFlight: 0 }]);
});

test("an attempt that is over before its call was answered holds nothing afterwards", async () => {
  book.register(instance("a", { concurrent: 1 }));
  const call = wish({ lease: "run:1:a#1/x" });
  await book.take(call);
  book.attemptOver("run:1:a#1");
  book.giveBack(call.lease, { pendingUntil: now + 600_000 });
  expect(await chosen()).toBe("a");
  // Other attempts whose names begin alike are others.
  book.attemptOver("lease");
  expect(await chosen()).toBe("busy");
});

test("an instance that goes and comes back while it has tasks in hand still has them", async () => {
  book.register(instance("a", { concurrent: 2 }));
  const call = wish({ lease: "run:1:a#1/x" });
  await book.take(call);
  book.giveBack(call.lease, { pendingUntil: now + 600_000 });
  book.unregister("acme/weather", "a");
  expect(await chosen()).toBe("none");
  book.register(instance("a", { concurrent: 2 }));
  expect(book.list()).toMatchObject([{ inFlight: 1 }]);
  expect([await chosen(), await chosen()]).toEqual(["a", "busy"]);
});

test("calls to a fixed place are counted there: a connection or an address takes so many at once, and others wait in line", async () => {
  const at = (id: string) => ({ fixed: { id, concurrent: 2 } });
  const first = wish(at("connection/one"));
  expect(await book.take(first)).toEqual({ kind: "fixed" });
  expect(await chosen(at("connection/one"))).toBe("fixed");
  expect(await chosen(at("connection/one"))).toBe("busy");
  expect(await chosen(at("connection/two"))).toBe("fixed");
  expect(await chosen({ ...at("connection/one"), connector: "acme/other" })).toBe("fixed");
  const waiting = Promise.resolve(book.take(wish({ ...at("connection/one"), waitMs: 5_000 })));
  book.giveBack(first.lease, "unreached");
  expect(await waiting).toEqual({ kind: "fixed" });
  expect(book.list()).toEqual([]);
});

test("what is unregistered gets nothing; registering again replaces", async () => {
  book.register(instance("a"));
  book.register(instance("a", { url: "https://other.example.org" }));
  expect(book.list()).toHaveLength(1);
  expect(await book.take(wish())).toMatchObject({ url: "https://other.example.org" });
  expect(book.unregister("acme/weather", "a")).toBe(true);
  expect(book.unregister("acme/weather", "a")).toBe(false);
  expect(await book.take(wish())).toEqual({ kind: "none", registered: 0, fitting: 0 });
});

test("another connector's instances, other actions and versions that do not fit are left alone", async () => {
  book.register(instance("a", { actions: ["later"] }));
  book.register(instance("b", { version: "2.0.0" }));
  book.register(instance("c", { connector: "acme/other" }));
  expect(await book.take(wish())).toEqual({ kind: "none", registered: 2, fitting: 0 });
  expect(await chosen({ action: "later" })).toBe("a");
  const at = (version: string, wanted: string) => serves(instance("d", { version, actions: [] }), wanted, "x");
  expect([at("1.2.0", "1.1.9"), at("1.1.9", "1.2.0"), at("2.0.0", "1.0.0"), at("0.3.1", "0.3.0")]).toEqual([
    true,
    false,
    false,
    true,
  ]);
  expect([at("0.4.0", "0.3.0"), at("1.0.0-beta", "1.0.0"), at("1.0.0-beta", "1.0.0-beta")]).toEqual([
    false,
    false,
    true,
  ]);
});

test("an instance names its actions alone, or after any of its connector's slugs", () => {
  const named = (actions: string[], action: string) => serves(instance("a", { actions }), "1.0.0", action);
  for (const action of ["tide", "tide.high", "weather.tide"])
    for (const slug of ["", "weather.", "acme/weather.", "acme--weather."])
      expect([slug + action, named([slug + action], action)]).toEqual([slug + action, true]);
  const others: [string, string][] = [
    ["other/weather.tide", "tide"],
    ["acme.tide", "tide"],
    ["weather.tide", "weather.high"],
    ["weathertide", "tide"],
    ["tide", "weather.tide"],
  ];
  for (const [written, action] of others) expect([written, named([written], action)]).toEqual([written, false]);
});
