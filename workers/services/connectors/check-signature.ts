import { and, eq, isNull } from "drizzle-orm";
import { verifySignature } from "../../../connectors/signature/verify-signature.ts";
import { success, type Result } from "../../../contracts/errors.ts";
import { validationFailure } from "../../../contracts/validation-failure.ts";
import { publisherKeys } from "../../database/tables.ts";
import type { Context } from "../context.ts";

/** A signature that has been verified, and the key it is of. */
export interface Signature {
  keyId: string;
  signature: string;
}

/**
 * Verifies `<key id> <base64>`: Ed25519 over the file as it came, by a key that the caller registered for the namespace.
 * Null where nothing was signed.
 */
export async function checkSignature(
  { ports, caller }: Context,
  namespace: string,
  text: string,
  written: string | undefined,
): Promise<Result<Signature | null>> {
  if (written === undefined) return success(null);
  const refuse = (message: string) => validationFailure([{ path: "/headers/Connector-Signature", message }]);
  const [keyId, signature, ...rest] = written.trim().split(/\s+/);
  if (keyId === undefined || signature === undefined || rest.length > 0)
    return refuse('"Connector-Signature" must be the key\'s id, a blank and the signature in base64.');
  const [key] = await ports.database
    .select({ publicKey: publisherKeys.publicKey })
    .from(publisherKeys)
    .where(
      and(
        eq(publisherKeys.id, keyId),
        eq(publisherKeys.tenantId, caller.tenantId),
        eq(publisherKeys.environment, caller.environment),
        eq(publisherKeys.namespace, namespace),
        isNull(publisherKeys.revokedAt),
      ),
    );
  if (key === undefined) return refuse(`The namespace "${namespace}" has no key "${keyId.slice(0, 100)}".`);
  if (await verifySignature(text, signature, key.publicKey)) return success({ keyId, signature });
  return refuse(
    "The signature is not that of this key over this file. Sign the file's bytes exactly as they are sent.",
  );
}
