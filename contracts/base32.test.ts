import { expect, test } from "vitest";
import { decodeBase32, encodeBase32 } from "./base32.ts";

test("bytes of every length come back", () => {
  for (let length = 0; length < 40; length += 1) {
    const bytes = crypto.getRandomValues(new Uint8Array(length));
    expect(decodeBase32(encodeBase32(bytes))).toEqual(bytes);
  }
});

test("one value has one spelling: other letters, upper case and stray bits are refused", () => {
  expect(decodeBase32("00")).toEqual(new Uint8Array(1));
  for (const text of ["01", "0O", "0I", "0l", "0u", "0A", "0", "000", "0-"]) expect(decodeBase32(text)).toBeNull();
});
