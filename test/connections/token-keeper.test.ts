import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import type { KeptToken } from "../../contracts/connection-rpc.ts";
import { CONNECTION_MIGRATIONS } from "../../durable-objects/connection/migrations.ts";
import { LEASE_MS, TokenKeeper } from "../../durable-objects/connection/token-keeper.ts";
import { ObjectSql } from "../../durable-objects/object-sql.ts";
import { storageOf } from "./sqlite-of.ts";

/* The object of one connection under a clock of the test's own. */

function world() {
  const database = new DatabaseSync(":memory:");
  const timers: { at: number; task: () => void }[] = [];
  const clock = { now: 1_000_000, leases: 0 };
  const open = () =>
    new TokenKeeper(new ObjectSql(storageOf(database), CONNECTION_MIGRATIONS), {
      now: () => clock.now,
      later(ms, task) {
        const timer = { at: clock.now + ms, task };
        timers.push(timer);
        return () => void timers.splice(timers.indexOf(timer), 1);
      },
      newLease() {
        clock.leases += 1;
        return `lease-${clock.leases}`;
      },
    });
  const pass = (ms: number) => {
    clock.now += ms;
    for (const timer of timers.filter(({ at }) => at <= clock.now)) {
      timers.splice(timers.indexOf(timer), 1);
      timer.task();
    }
  };
  const token = (version: number, lifeMs = 60_000): KeptToken => ({
    sealed: `sealed-${version}`,
    version,
    refreshAt: clock.now + lifeMs * 0.8,
    expiresAt: clock.now + lifeMs,
  });
  return { clock, open, pass, token };
}

test("an authorization is taken once, and not after its time", () => {
  const { open, pass } = world();
  const keeper = open();
  keeper.beginAuthorization({ nonce: "a", sealed: "s", expiresAt: 1_000_500 });
  keeper.beginAuthorization({ nonce: "b", sealed: "s", expiresAt: 1_000_500 });
  expect(keeper.takeAuthorization("a")).toMatchObject({ sealed: "s" });
  expect(keeper.takeAuthorization("a")).toBeNull();
  expect(keeper.takeAuthorization("never begun")).toBeNull();
  pass(500);
  expect(keeper.takeAuthorization("b")).toBeNull();
});

test("of many that find the token ended one renews it, and the others get what it stored", async () => {
  const { open, pass, token } = world();
  const keeper = open();
  keeper.grant(token(1));
  pass(60_000);
  const asks = Array.from({ length: 50 }, () => keeper.token({}));
  const first = await Promise.race(asks);
  if (first.kind !== "renew") throw new Error(first.kind);
  expect(keeper.store(first.lease, token(first.version))).toBe(true);
  const answers = await Promise.all(asks);
  expect(answers.filter(({ kind }) => kind === "renew")).toHaveLength(1);
  expect(answers.filter((it) => it.kind === "token" && it.token.version === first.version)).toHaveLength(49);
});

test("a provider that cannot answer is asked once for all who wait, and again by who comes later", async () => {
  const { open, pass, token } = world();
  const keeper = open();
  keeper.grant(token(1));
  pass(60_000);
  const asks = [keeper.token({}), keeper.token({}), keeper.token({})];
  const first = await Promise.race(asks);
  if (first.kind !== "renew") throw new Error(first.kind);
  keeper.giveUp(first.lease, { message: "down", reconnect: false });
  expect((await Promise.all(asks)).map(({ kind }) => kind)).toEqual(["renew", "failed", "failed"]);
  expect(await keeper.token({})).toMatchObject({ kind: "renew" });
});

test("a renewal that was lost passes to the next when its lease is over, and what comes late is not taken", async () => {
  const { open, pass, token } = world();
  open().grant(token(1));
  pass(60_000);
  const lost = await open().token({});
  if (lost.kind !== "renew") throw new Error(lost.kind);
  // Another life of the object: the lease stands on the disk.
  const keeper = open();
  const waiting = keeper.token({});
  pass(LEASE_MS + 1);
  const next = await waiting;
  if (next.kind !== "renew") throw new Error(next.kind);
  expect(next.version).toBeGreaterThan(lost.version);
  expect(keeper.store(lost.lease, token(lost.version))).toBe(false);
  const refusal = { message: "invalid_grant", reconnect: true };
  expect(keeper.giveUp(lost.lease, refusal)).toBe(false);
  expect(keeper.giveUp(next.lease, refusal)).toBe(true);
  expect(await keeper.token({})).toEqual({ kind: "needs_reconnect", reason: "invalid_grant" });
});

test("a refusal renews the token that it was about, not the one that has come since", async () => {
  const { open, token } = world();
  const keeper = open();
  keeper.grant(token(7));
  expect(await keeper.token({ stale: 7 })).toMatchObject({ kind: "renew" });
  keeper.grant(token(9));
  expect(await keeper.token({ stale: 7 })).toMatchObject({ kind: "token", token: { version: 9 } });
});

test("a token of a consent that was given before everything was forgotten is not taken, whatever was begun since", async () => {
  const { open, token } = world();
  const keeper = open();
  const begin = (nonce: string): number => {
    keeper.beginAuthorization({ nonce, sealed: "s", expiresAt: 2_000_000 });
    return keeper.takeAuthorization(nonce)?.version ?? 0;
  };
  const before = begin("before");
  keeper.forget();
  expect(open().grant(token(before))).toBe(false);
  const since = begin("since");
  expect(since).toBeGreaterThan(before);
  expect(open().grant(token(before))).toBe(false);
  expect(await open().token({})).toEqual({ kind: "not_connected" });
  expect(keeper.grant(token(since))).toBe(true);
  expect(await open().token({})).toMatchObject({ kind: "token", token: { version: since } });
});

test("a token that nobody had to consent to is of what its connection was when it was minted: a changed one gets another", async () => {
  const { open, token } = world();
  const keeper = open();
  const first = await keeper.token({ mint: true, of: 1_000 });
  if (first.kind !== "renew") throw new Error(first.kind);
  keeper.forget();
  // Somebody still holds the connection as it was before the change, and mints by that.
  const late = await keeper.token({ mint: true, of: 1_000 });
  if (late.kind !== "renew") throw new Error(late.kind);
  expect(keeper.store(late.lease, { ...token(late.version), of: 1_000 })).toBe(true);
  const next = await keeper.token({ mint: true, of: 2_000 });
  if (next.kind !== "renew") throw new Error(`the old one's token went to the new address: ${next.kind}`);
  expect(next.token, "nothing of the old one is used").toBeNull();
  expect(keeper.store(next.lease, { ...token(next.version), of: 2_000 })).toBe(true);
  expect(await keeper.token({ mint: true, of: 2_000 })).toMatchObject({ kind: "token", token: { of: 2_000 } });
  expect(await keeper.token({ mint: true, of: 1_000 }), "nor the other way round").toMatchObject({ kind: "failed" });
});

test("nothing brings a token to a connection that is deleted, in this life of its object and the next", async () => {
  const { open, token } = world();
  const keeper = open();
  keeper.grant(token(1));
  keeper.forget({ deleted: true });
  for (const life of [keeper, open()]) {
    expect(await life.token({ mint: true, of: 1 })).toMatchObject({ kind: "failed" });
    expect(await life.token({})).toMatchObject({ kind: "failed" });
    life.beginAuthorization({ nonce: "n", sealed: "s", expiresAt: 2_000_000 });
    expect(life.takeAuthorization("n")).toBeNull();
    expect(life.grant(token(9))).toBe(false);
    expect(life.kept()).toBeNull();
  }
});
