import { describe, expect, test } from "vitest";
import { base64Url, bytesOfBase64 } from "./encoding.ts";
import { readKeyring } from "./keyring.ts";
import { keyIdOf, open, seal, SealBroken } from "./vault.ts";

const KEY = base64Url(new Uint8Array(32).fill(7));
const OTHER = base64Url(new Uint8Array(32).fill(9));
const place = { tenantId: "ten_1", purpose: "connection", id: "conn_1" };

describe("a sealed value", () => {
  test("opens where it was sealed, for any text", async () => {
    for (const text of ["", "s3cret", "ünï ☃", "x".repeat(100_000)]) {
      expect(await open(KEY, place, await seal(KEY, place, text))).toBe(text);
    }
  });

  test("does not open with any single bit changed", async () => {
    const blob = await seal(KEY, place, "token");
    const [version, id, body = ""] = blob.split(".");
    const bytes = bytesOfBase64(body) ?? new Uint8Array();
    expect(bytes.length).toBe(12 + 5 + 16);
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      const changed = Uint8Array.from(bytes);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      await expect(open(KEY, place, `${version}.${id}.${base64Url(changed)}`)).rejects.toThrow(SealBroken);
    }
  });

  test("does not open for another tenant, purpose, id or key", async () => {
    const blob = await seal(KEY, place, "token");
    for (const other of [{ tenantId: "ten_2" }, { purpose: "secret" }, { id: "conn_2" }]) {
      await expect(open(KEY, { ...place, ...other }, blob)).rejects.toThrow(SealBroken);
    }
    await expect(open(OTHER, place, blob)).rejects.toThrow(SealBroken);
    await expect(open(KEY, { tenantId: "ten_1c", purpose: "onnection", id: "conn_1" }, blob)).rejects.toThrow(
      SealBroken,
    );
  });

  test("does not open when it is cut, lengthened, empty or of another version", async () => {
    const blob = await seal(KEY, place, "token");
    for (const broken of [
      "",
      "v1",
      "v1.k1.",
      blob.slice(0, -1),
      `${blob}A`,
      `${blob}.x`,
      blob.replace("v1", "v2"),
      blob.replace("k1", "k2"),
    ]) {
      await expect(open(KEY, place, broken)).rejects.toThrow(SealBroken);
    }
  });

  test("never looks the same twice and does not show its text", async () => {
    const blobs = await Promise.all(Array.from({ length: 200 }, () => seal(KEY, place, "token")));
    expect(new Set(blobs).size).toBe(200);
    expect(blobs.join()).not.toContain(base64Url(new TextEncoder().encode("token")));
  });
});

describe("a keyring", () => {
  test("opens what an older master key sealed and seals with the first", async () => {
    const old = await seal(`a:${KEY}`, place, "token");
    const ring = readKeyring(`b:${OTHER},a:${KEY}`);
    expect(await open(ring, place, old)).toBe("token");
    const renewed = await seal(ring, place, await open(ring, place, old));
    expect([keyIdOf(old), keyIdOf(renewed)]).toEqual(["a", "b"]);
    await expect(open(`b:${OTHER}`, place, old)).rejects.toThrow(SealBroken);
  });

  test("refuses keys that are short, malformed or twice", () => {
    for (const text of ["", "abc", `${KEY}AA`, "a:????", `a:${KEY},a:${OTHER}`, `a b:${KEY}`])
      expect(() => readKeyring(text)).toThrow();
  });

  test("reads padded and unpadded base64", () => {
    const padded = btoa(String.fromCharCode(...new Uint8Array(32).fill(255)));
    expect(readKeyring(padded).keys.get("k1")).toEqual(new Uint8Array(32).fill(255));
  });
});
