import type { RotatedSecretView } from "../../../contracts/api/webhooks.ts";
import { success, type Result } from "../../../contracts/errors.ts";
import type { Context } from "../context.ts";
import { onFeed } from "../object-calls.ts";
import { unknownEndpoint } from "./endpoint-view.ts";
import { newSecret } from "./new-secret.ts";

/** How long an old secret signs beside the new one. */
export const OLD_SECRET_MS = 86_400_000;

/** Another secret for an endpoint; the old one signs beside it for a day. */
export async function rotateSecret(context: Context, id: string): Promise<Result<RotatedSecretView>> {
  const { ports, caller } = context;
  const { secret, sealed } = await newSecret(context, id);
  const oldUntil = ports.now() + OLD_SECRET_MS;
  const rotated = await onFeed(ports, caller, (feed) => feed.rotateSecret(id, sealed, oldUntil, caller.keyId));
  if (rotated === null) return unknownEndpoint();
  return success({ secret, old_valid_until: new Date(oldUntil).toISOString() });
}
