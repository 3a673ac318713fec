import type { SealedWebhookSecret } from "../../../contracts/webhook-delivery.ts";
import { seal } from "../../../vault/vault.ts";
import type { Context } from "../context.ts";

const SECRET_BYTES = 32;

/** A new signing secret by Standard Webhooks, in the clear for its one answer, and sealed for its place. */
export async function newSecret(
  { ports, caller }: Pick<Context, "ports" | "caller">,
  place: string,
): Promise<{ secret: string; sealed: SealedWebhookSecret }> {
  const secret = `whsec_${btoa(String.fromCharCode(...ports.random(SECRET_BYTES)))}`;
  const sealed = await seal(ports.masterKey, { tenantId: caller.tenantId, purpose: "webhook", id: place }, secret);
  return { secret, sealed: { place, sealed } };
}
