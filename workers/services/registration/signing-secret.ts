import type { RotatedSigningSecretView, SigningSecretView } from "../../../contracts/api/services.ts";
import { type Result, success } from "../../../contracts/errors.ts";
import { type SigningSecrets, signingSecretPlace } from "../../../contracts/services-rpc.ts";
import { open } from "../../../vault/vault.ts";
import { auditEntry } from "../audit-entry.ts";
import type { Context } from "../context.ts";
import { onServices } from "../object-calls.ts";
import { newSecret } from "../webhooks/new-secret.ts";
import { OLD_SECRET_MS } from "../webhooks/rotate.ts";
import { ownConnector } from "./own-connector.ts";

async function ensured(context: Context, connector: string): Promise<SigningSecrets> {
  const { ports, caller } = context;
  const known = await onServices(ports, caller, (services) => services.signingSecrets(connector));
  if (known.length > 0) return known;
  const { sealed } = await newSecret(context, signingSecretPlace(caller.environment, connector));
  return onServices(ports, caller, (services) => services.putSigningSecret(connector, sealed));
}

/** What signs the calls to a connector's service, made when it is first asked for or needed. */
export async function readSigningSecret(context: Context, slug: string): Promise<Result<SigningSecretView>> {
  const { ports, caller } = context;
  const connector = await ownConnector(context, slug);
  if (!connector.ok) return connector;
  const [newest] = await ensured(context, connector.value);
  if (newest === undefined) throw new Error("a secret that was just stored is not there");
  await ports.database.batch([auditEntry(context, "signing_secret.read", connector.value)]);
  const place = { tenantId: caller.tenantId, purpose: "webhook", id: newest.place };
  return success({ plugin_slug: slug, secret: await open(ports.masterKey, place, newest.sealed) });
}

/** Another one; the old signs beside it for a day. */
export async function rotateSigningSecret(context: Context, slug: string): Promise<Result<RotatedSigningSecretView>> {
  const { ports, caller } = context;
  const connector = await ownConnector(context, slug);
  if (!connector.ok) return connector;
  await ensured(context, connector.value);
  const { secret, sealed } = await newSecret(context, signingSecretPlace(caller.environment, connector.value));
  const oldUntil = ports.now() + OLD_SECRET_MS;
  // Before it is done: what is done and then fails to be audited is done all the same.
  await ports.database.batch([auditEntry(context, "signing_secret.rotated", connector.value)]);
  await onServices(ports, caller, (services) => services.rotateSigningSecret(connector.value, sealed, oldUntil));
  return success({ plugin_slug: slug, secret, old_valid_until: new Date(oldUntil).toISOString() });
}
