import { tenantObjectName } from "../../../contracts/placement.ts";
import type { SealedWebhookSecret } from "../../../contracts/webhook-delivery.ts";
import { open } from "../../../vault/vault.ts";
import type { Context } from "../context.ts";
import { onFeed } from "../object-calls.ts";
import { newSecret } from "./new-secret.ts";
import { OLD_SECRET_MS } from "./rotate.ts";

type Asked = Pick<Context, "ports" | "caller">;

/** Which one it is, among the tenant's secrets. */
function place({ caller }: Asked): string {
  return `callbacks/${caller.environment}`;
}

async function ensured(context: Asked): Promise<SealedWebhookSecret> {
  const { ports, caller } = context;
  const known = await onFeed(ports, caller, (feed) => feed.callbackSecret());
  if (known !== null) return known;
  const { sealed } = await newSecret(context, place(context));
  return onFeed(ports, caller, (feed) => feed.putCallbackSecret(sealed));
}

/** There is a secret before anything is signed with it: asked once an isolate. */
export async function ensureCallbackSecret(context: Asked): Promise<void> {
  const { ports, caller } = context;
  const name = tenantObjectName(caller);
  if (ports.callbackSecrets.get(name) !== undefined) return;
  await ensured(context);
  ports.callbackSecrets.set(name, true, ports.now());
}

/** `GET /webhooks/secret`: what signs callbacks, made when it is first asked for. */
export async function readCallbackSecret(context: Asked): Promise<{ secret: string }> {
  const { place: id, sealed } = await ensured(context);
  const { ports, caller } = context;
  return { secret: await open(ports.masterKey, { tenantId: caller.tenantId, purpose: "webhook", id }, sealed) };
}

/** Another one; the old signs beside it for a day. */
export async function rotateCallbackSecret(context: Context): Promise<{ secret: string; old_valid_until: string }> {
  const { ports, caller } = context;
  await ensured(context);
  const { secret, sealed } = await newSecret(context, place(context));
  const oldUntil = ports.now() + OLD_SECRET_MS;
  await onFeed(ports, caller, (feed) => feed.rotateCallbackSecret(sealed, oldUntil, caller.keyId));
  return { secret, old_valid_until: new Date(oldUntil).toISOString() };
}
