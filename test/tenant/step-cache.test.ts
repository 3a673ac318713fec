import { expect, test } from "vitest";
import type { Json } from "../../engine/json.ts";
import { QuietTenant } from "./quiet-tenant.ts";
import { START } from "./simulated-tenant.ts";

const made = () => new QuietTenant(() => null);
const put = (tenant: QuietTenant, key: string, output: Json, expiresAt = START + 60_000) =>
  tenant.ask((exchange) => exchange.cache.put(key, output, expiresAt));
const get = (tenant: QuietTenant, key: string) => tenant.ask((exchange) => exchange.cache.get(key));

test("an output is answered until it expires, the newest when there are two", async () => {
  const tenant = made();
  await put(tenant, "a", { n: 1 });
  await put(tenant, "a", null, START + 119_500);
  expect(await get(tenant, "a")).toEqual({ output: null });
  expect(await get(tenant, "b")).toBeNull();
  await tenant.pass(119_000);
  expect(await get(tenant, "a")).toEqual({ output: null });
  await tenant.pass(500);
  expect(await get(tenant, "a")).toBeNull();
});

test("the attempt that made an output is told that it is its own, and what it used; for others it is a hit", async () => {
  const tenant = made();
  const usage = { compute_ms: 7, egress_bytes: 0 };
  await tenant.ask((exchange) => exchange.cache.put("a", 1, START + 60_000, { by: "exec_a:one#1", usage }));
  const ask = (by: string) => tenant.ask((exchange) => exchange.cache.get("a", by));
  expect(await ask("exec_a:one#1")).toEqual({ output: 1, own: { usage } });
  expect(await ask("exec_a:one#2")).toEqual({ output: 1 });
  expect(await get(tenant, "a")).toEqual({ output: 1 });
});

test("an output beyond 256 KiB, with an endless key or already expired is not kept", async () => {
  const tenant = made();
  await put(tenant, "big", "é".repeat(131_072));
  await put(tenant, "fits", "é".repeat(131_071));
  await put(tenant, "k".repeat(257), 1);
  await put(tenant, "late", 1, START);
  expect(tenant.rows("SELECT key FROM step_cache")).toEqual([{ key: "fits" }]);
});

test("of more than ten thousand the oldest go", async () => {
  const tenant = made();
  for (let n = 0; n < 10_001; n++) await put(tenant, `k${n}`, n);
  expect(await get(tenant, "k0")).toBeNull();
  expect(await get(tenant, "k1")).toEqual({ output: 1 });
  await put(tenant, "k1", "again");
  expect(await get(tenant, "k2")).toEqual({ output: 2 });
  await put(tenant, "more", 1);
  expect(await get(tenant, "k2")).toBeNull();
  expect(await get(tenant, "k1")).toEqual({ output: "again" });
});

test("expired outputs are deleted in batches, and nothing rings after the last", async () => {
  const tenant = made();
  for (let n = 0; n < 450; n++) await put(tenant, `k${n}`, n, START + 1_000 + n);
  const set = tenant.alarmsSet;
  await tenant.pass(59_000);
  expect(tenant.rows("SELECT count(*) AS n FROM step_cache")).toEqual([{ n: 450 }]);
  await tenant.pass(2_000);
  expect(tenant.rows("SELECT count(*) AS n FROM step_cache")).toEqual([{ n: 0 }]);
  expect(tenant.alarmsSet - set).toBe(2);
  expect(tenant.hasAlarm).toBe(false);
});

test("a tenant that uses nothing of this stores nothing and has no alarm", async () => {
  const tenant = made();
  await get(tenant, "a");
  await tenant.ask((exchange) => exchange.slots.release("a"));
  await tenant.ask((exchange) => exchange.slots.position("a"));
  await tenant.ask((exchange) => exchange.events.forget("a", "w"));
  expect([tenant.writes, tenant.alarmsSet]).toEqual([0, 0]);
});
