import { beforeEach, expect, test } from "vitest";
import { KnownServers, type Session } from "./known-servers.ts";

let now = 0;
let servers: KnownServers;
let ended: string[] = [];

beforeEach(() => {
  now = 1_000_000;
  servers = new KnownServers(() => now);
  ended = [];
});

const session = (id: string): Session => ({ kind: "session", id, version: "2025-06-18", nextId: 1 });
const end = async ({ id }: Session): Promise<void> => void ended.push(id);
/** Time passes where somebody waits. */
const wait = async (ms: number): Promise<void> => {
  now += ms;
};

test("a session is one caller's, and one call's at a time", () => {
  servers.put("a", session("s1"));
  expect(servers.take("b")).toBeUndefined();
  expect(servers.take("a")).toMatchObject({ id: "s1" });
  expect(servers.take("a")).toBeUndefined();
});

test("what is no session is shared, believed for five minutes, and forgotten when it was wrong", () => {
  servers.put("a", { kind: "sessionless", version: "2025-06-18" });
  expect([servers.take("a")?.kind, servers.take("a")?.kind, servers.take("b")]).toEqual([
    "sessionless",
    "sessionless",
    undefined,
  ]);
  servers.forget("a");
  expect(servers.take("a")).toBeUndefined();
  servers.put("a", { kind: "sessionless", version: "2025-06-18" });
  now += 300_001;
  expect(servers.take("a")).toBeUndefined();
});

test("no more than ten sessions wait for a caller, and no more than 500 callers are remembered", () => {
  const spare = Array.from({ length: 12 }, (_, n) => servers.put("a", session(`s${n}`)));
  expect(spare.flatMap((one) => one?.id ?? [])).toEqual(["s0", "s1"]);
  for (let n = 0; n < 500; n += 1) servers.put(`other ${n}`, { kind: "sessionless", version: "1" });
  expect(servers.take("a")).toBeUndefined();
  expect(servers.take("other 499")).toBeDefined();
});

test("sessions that nobody uses for ten seconds are ended, once, and those in use are not", async () => {
  servers.put("a", session("s1"));
  servers.put("a", session("s2"));
  const used = servers.take("a");
  expect(used).toMatchObject({ id: "s2" });
  const watching = servers.endIdle("a", end, wait);
  // Somebody looks after them already.
  await servers.endIdle("a", end, async () => {
    throw new Error("nobody else waits");
  });
  await watching;
  expect(ended).toEqual(["s1"]);
  servers.put("a", session("s2"));
  await servers.endIdle("a", end, wait);
  expect(ended).toEqual(["s1", "s2"]);
  expect(servers.take("a")).toBeUndefined();
});

test("who looks after sessions that are used again and again stops in time, and the next one takes over", async () => {
  servers.put("a", session("s1"));
  const begun = now;
  await servers.endIdle("a", end, async (ms) => {
    now += Math.min(ms, 5_000);
    const again = servers.take("a");
    if (again) servers.put("a", again);
  });
  expect(ended).toEqual([]);
  expect(now - begun).toBeLessThanOrEqual(30_000);
  await servers.endIdle("a", end, wait);
  expect(ended).toEqual(["s1"]);
});
