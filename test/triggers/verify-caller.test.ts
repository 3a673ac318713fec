import { Webhook } from "standardwebhooks";
import { expect, test } from "vitest";
import { triggerSpec } from "../../engine/triggers/trigger-spec.ts";
import { seal } from "../../vault/vault.ts";
import type { Ports } from "../../workers/services/context.ts";
import { verifyCaller } from "../../workers/services/hooks/verify-caller.ts";

const NOW = 1_700_000_000_000;
const MASTER_KEY = btoa("m".repeat(32));
const SECRET = `whsec_${btoa("a key of twenty-four bytes!!")}`;
const SIGNED = '{"n": 1}';
const OWNER = { tenantId: "ten_a", environment: "test" } as const;

/** What a call of Standard Webhooks' own library proves; `body` and `id` are what arrives with it. */
async function proofOf(signedAt: number, { body = SIGNED, id = "msg_1" } = {}) {
  const sealed = await seal(MASTER_KEY, { tenantId: OWNER.tenantId, purpose: "secret", id: "K" }, SECRET);
  const tenant = { secrets: async () => ({ K: sealed }) };
  const ports = { now: () => NOW, masterKey: MASTER_KEY, tenant: () => tenant } as unknown as Ports;
  const auth = { type: "hmac-sha256", secret_name: "K", style: "standard-webhooks" };
  const spec = triggerSpec({ type: "webhook", path: "in", auth });
  if (spec.type !== "webhook") throw new Error("not a webhook");
  const headers: Record<string, string> = {
    "webhook-id": id,
    "webhook-timestamp": String(signedAt / 1_000),
    "webhook-signature": new Webhook(SECRET).sign("msg_1", new Date(signedAt), SIGNED),
  };
  const call = { header: (name: string) => headers[name] ?? null, body: new TextEncoder().encode(body) };
  return verifyCaller(ports, OWNER, { spec, reader: { workflow: "any" } }, call);
}

test("what is signed within five minutes of now, either way, is taken; what is older or of the future is not", async () => {
  for (const seconds of [0, -300, 300])
    expect(await proofOf(NOW + seconds * 1_000), String(seconds)).toMatchObject({ timed: true });
  for (const seconds of [-301, 301, -86_400]) expect(await proofOf(NOW + seconds * 1_000), String(seconds)).toBeNull();
});

test("the very bytes are signed: a body that was changed, or written anew with the same meaning, is refused", async () => {
  for (const body of ['{"n": 2}', '{"n":1}', '{"n": 1} ']) expect(await proofOf(NOW, { body }), body).toBeNull();
  expect(await proofOf(NOW, { id: "msg_2" })).toBeNull();
});
