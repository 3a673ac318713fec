import { expect, test } from "vitest";
import { type StreamGrant, StreamTokens } from "./stream-token.ts";

const NOW = 1_000_000;
const GRANT: StreamGrant = {
  tenantId: "ten_a",
  environment: "test",
  executionId: "exec_a",
  keyId: "key_a",
  scopes: ["executions:read"],
  types: ["step.*"],
  origins: null,
  expiresAt: NOW + 60_000,
};
const tokens = new StreamTokens(new Uint8Array(32).fill(7));

test("a token says what was granted, until its time is over", () => {
  const token = tokens.issue(GRANT);
  expect(tokens.read(token, NOW)).toEqual(GRANT);
  expect(tokens.read(token, NOW + 59_999)).toEqual(GRANT);
  expect(tokens.read(token, NOW + 60_000)).toBeNull();
});

test("a token that was altered in any place, or signed elsewhere, is none", () => {
  const token = tokens.issue(GRANT);
  for (let at = 0; at < token.length; at += 1) {
    const other = token[at] === "0" ? "1" : "0";
    expect(tokens.read(token.slice(0, at) + other + token.slice(at + 1), NOW), `letter ${at}`).toBeNull();
  }
  for (const text of ["", "st_", "st_.", token.slice(0, -1), `${token}0`, token.replace(".", ""), token.toUpperCase()])
    expect(tokens.read(text, NOW), text).toBeNull();
  expect(new StreamTokens(new Uint8Array(32).fill(8)).read(token, NOW)).toBeNull();
  const [body] = token.split(".");
  const [, signature] = tokens.issue({ ...GRANT, executionId: null }).split(".");
  expect(tokens.read(`${body}.${signature}`, NOW), "the signature of another grant").toBeNull();
});
