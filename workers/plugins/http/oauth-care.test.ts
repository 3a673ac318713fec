import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import type { ConnectionRpc, KeptToken } from "../../../contracts/connection-rpc.ts";
import { keyIdOf } from "../../../vault/vault.ts";
import type { DoorPorts } from "./oauth-door.ts";
import { resealConnection } from "./oauth-care.ts";
import { keptToken } from "./oauth-tokens.ts";

/* A rotation of the master key beside renewals, before an object that the test plays. */

const OWNER = { tenantId: "ten_care", environment: "live" } as const;
const [OLD, NEW] = [randomBytes(32).toString("base64"), randomBytes(32).toString("base64")];
const RING = `new:${NEW},old:${OLD}`;

const sealedBy = (masterKey: string, version: number): Promise<KeptToken> =>
  keptToken(OWNER, "conn_1", version, { access_token: `a${version}`, refresh_token: "r" }, { masterKey, now: () => 0 });

/** `renewals`: what comes between the reading of a token and its replacement, one each time. */
async function world(renewals: KeptToken[]) {
  const object = { token: await sealedBy(`old:${OLD}`, 1) };
  const rpc: Pick<ConnectionRpc, "kept" | "reseal"> = {
    kept: async () => object.token,
    async reseal(token) {
      object.token = renewals.shift() ?? object.token;
      if (object.token.version !== token.version) return false;
      object.token = token;
      return true;
    },
  };
  const ports = { connection: () => rpc as ConnectionRpc, masterKey: RING } as unknown as DoorPorts;
  return { object, reseal: () => resealConnection(OWNER, "conn_1", ports) };
}

test("a token that is renewed while it is sealed again, by who still has the old key first, is sealed again itself", async () => {
  const { object, reseal } = await world([await sealedBy(`old:${OLD},new:${NEW}`, 2)]);
  expect(await reseal()).toBe(true);
  expect(object.token.version).toBe(2);
  expect(keyIdOf(object.token.sealed)).toBe("new");
});

test("one that is renewed by who has the new key first is left as it is", async () => {
  const { object, reseal } = await world([await sealedBy(RING, 2)]);
  const renewed = await sealedBy(RING, 2);
  expect(await reseal()).toBe(false);
  expect(object.token.version).toBe(renewed.version);
  expect(keyIdOf(object.token.sealed)).toBe("new");
});

test("one that is renewed under the old key again and again is not said to be done: the rotation reports it", async () => {
  const { reseal } = await world(await Promise.all([2, 3, 4, 5, 6].map((version) => sealedBy(`old:${OLD}`, version))));
  await expect(reseal()).rejects.toThrow("again");
});
