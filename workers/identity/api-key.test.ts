import { expect, test } from "vitest";
import { createApiKey, hashApiKey, parseApiKey } from "./api-key.ts";
import { crc32 } from "./crc32.ts";

const TENANT = "ten_0123456789abcdefghjkmnpqrs";

test("CRC-32 gives the check value of its standard", () => {
  expect(crc32("123456789")).toBe(0xcbf43926);
});

test("a key names its tenant and environment", () => {
  expect(parseApiKey(createApiKey(TENANT, "live"))).toEqual({ environment: "live", tenantId: TENANT });
  expect(parseApiKey(createApiKey(TENANT, "test"))).toEqual({ environment: "test", tenantId: TENANT });
});

test("changing any one letter is noticed by the checksum or the form", () => {
  const key = createApiKey(TENANT, "live");
  for (let at = 0; at < key.length; at += 1) {
    const other = key[at] === "0" ? "1" : "0";
    expect(parseApiKey(key.slice(0, at) + other + key.slice(at + 1))).toBeNull();
  }
});

test("blanks, cuts and additions are refused", () => {
  const key = createApiKey(TENANT, "live");
  for (const wrong of ["", ` ${key}`, `${key}\n`, key.slice(1), `${key}0`, key.toLowerCase(), "sk_live_"]) {
    expect(parseApiKey(wrong)).toBeNull();
  }
});

test("no two keys are equal and the stored form holds nothing of the key", () => {
  const keys = new Set(Array.from({ length: 100 }, () => createApiKey(TENANT, "live")));
  expect(keys.size).toBe(100);
  for (const key of keys) expect(hashApiKey(key)).toMatch(/^[0-9a-f]{64}$/);
});
