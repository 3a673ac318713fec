import { expect, test } from "vitest";
import type { EgressPolicy } from "../../egress/egress.ts";
import { invokeAction } from "../../invoke.ts";
import { callOf, depsOf, direct, identity } from "../../testing/world.ts";

const RESOLVED: EgressPolicy = { names: async () => ({ kind: "public", addresses: [[93, 184, 216, 34]] }) };

/** `details.reason` and the message, where the runtime keeps to itself what went wrong, as workerd does. */
async function said(url: string, policy: EgressPolicy): Promise<[unknown, string]> {
  const world = {
    answer: () => {
      throw new Error("internal error; reference = abc");
    },
  };
  const result = await invokeAction(callOf(direct(url), {}), identity, { ...depsOf(world, []), policy });
  if (result.ok) throw new Error("it was answered");
  return [result.error.details?.reason, result.error.message];
}

test("a name that was resolved before the call failed over TLS; without a resolver nobody can tell the two", async () => {
  expect(await said("https://api.example.com/", RESOLVED)).toEqual([
    "tls",
    "api.example.com cannot be reached: its certificate or its TLS is not accepted",
  ]);
  expect((await said("https://api.example.com/", {}))[0]).toBe("dns_or_tls");
  expect((await said("https://93.184.216.34/", {}))[0]).toBe("tls");
  expect((await said("http://api.example.com/", {}))[0]).toBe("dns");
});

test("a name that does not resolve is told as that, and nothing is sent", async () => {
  const names: EgressPolicy["names"] = async () => ({ kind: "unresolved", reason: "its name does not resolve" });
  expect(await said("https://api.example.com/", { names })).toEqual([
    "dns",
    "api.example.com cannot be reached: its name does not resolve",
  ]);
});
