import { expect, test } from "vitest";
import type { Ports } from "../services/context.ts";
import { AddressLimiter } from "../services/requests/address-limiter.ts";
import { receive } from "./receive.ts";

const TENANT = `ten_${"a".repeat(26)}`;
const OTHER = `ten_${"b".repeat(26)}`;
const spec = {
  type: "webhook",
  path: "guarded",
  methods: ["POST"],
  auth: { type: "bearer", secretName: "KEY", header: "authorization", scheme: "Bearer" },
  allowedNetworks: [],
  maxPayloadBytes: 1_000,
};

/** A platform with one webhook, whose proof nobody has. */
function door() {
  const world = { now: 1_000_000, lookUps: 0 };
  const ports = {
    addresses: new AddressLimiter(),
    now: () => world.now,
    random: (bytes: number) => new Uint8Array(bytes),
    deployment: "production",
    triggers: () => ({
      findHook: async (path: string) => {
        world.lookUps += 1;
        return path === "guarded" ? { id: "trg_a", workflow: "w", spec } : undefined;
      },
    }),
    tenant: () => ({ secrets: async () => ({}) }),
  } as unknown as Ports;
  const ctx = { waitUntil: () => undefined };
  const call = async (path: string, address: string | undefined, tenant = TENANT) => {
    const headers: Record<string, string> = address === undefined ? {} : { "cf-connecting-ip": address };
    const request = new Request(`https://api.test/hooks/${tenant}/${path}`, { method: "POST", body: "{}", headers });
    const { status, headers: answered } = await receive(request, ports, ctx);
    return [status, answered.get("retry-after")];
  };
  return { world, call };
}

test.each([
  ["guarded", 401],
  ["nothing-there", 404],
])(
  "an address that calls %s without proof again and again is answered before anything is looked up",
  async (path, status) => {
    const { world, call } = door();
    for (let sent = 0; sent < 200; sent += 1) expect(await call(path, "203.0.113.9")).toEqual([status, null]);
    const before = world.lookUps;
    expect(await call(path, "203.0.113.9")).toEqual([429, "1"]);
    expect(world.lookUps).toBe(before);
    expect((await call(path, "203.0.113.10"))[0], "another address").toBe(status);
    expect((await call(path, "203.0.113.9", OTHER))[0], "another tenant's webhooks").toBe(status);
    world.now += 1_000;
    expect((await call(path, "203.0.113.9"))[0], "a second later").toBe(status);
  },
);

test("without an address nobody is limited by one", async () => {
  const { call } = door();
  for (let sent = 0; sent < 250; sent += 1) expect((await call("guarded", undefined))[0]).toBe(401);
});
