import { expect, test } from "vitest";
import { traceparentOf } from "./traceparent.ts";

const counting = (bytes: number): Uint8Array => Uint8Array.from({ length: bytes }, (_, index) => index + 1);

test("a caller's valid trace goes on", () => {
  const sent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  expect(traceparentOf(sent, counting)).toBe(sent);
});

test("a missing, malformed or empty trace is replaced by a new one", () => {
  const made = "00-0102030405060708090a0b0c0d0e0f10-0102030405060708-01";
  for (const sent of [undefined, "", "00-xyz", `00-${"0".repeat(32)}-b7ad6b7169203331-01`]) {
    expect(traceparentOf(sent, counting)).toBe(made);
  }
});
