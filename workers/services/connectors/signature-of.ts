import { and, eq } from "drizzle-orm";
import { verifySignature } from "../../../connectors/signature/verify-signature.ts";
import type { SignatureAnswer } from "../../../contracts/api/connectors.ts";
import { success, type Result } from "../../../contracts/errors.ts";
import { connectorVersions, publisherKeys } from "../../database/tables.ts";
import type { Context } from "../context.ts";
import { findManifest } from "./get.ts";
import { versionRow } from "./version-row.ts";

/** Everything to check a version's content and signature without us, and what we find when we check it now. */
export async function signatureOf(context: Context, slug: string, version: string): Promise<Result<SignatureAnswer>> {
  const found = await findManifest(context, slug, version);
  if (!found.ok) return found;
  const { entry, manifest } = found.value;
  const facts = entry.facts[manifest.version];
  const { ports, caller } = context;
  const shown = {
    slug: entry.name,
    namespace: entry.namespace,
    version: manifest.version,
    sha256: facts?.sha256 ?? "",
  };
  const unsigned = { source_sha256: null, signed: false, valid: false, algorithm: "Ed25519" as const };
  if (!facts?.publisher) return success({ ...shown, ...unsigned, signature: null, key: null });
  const [row] = await ports.database
    .select({
      text: connectorVersions.source,
      source_sha256: connectorVersions.sourceSha256,
      signature: connectorVersions.signature,
      key: publisherKeys,
    })
    .from(connectorVersions)
    .leftJoin(publisherKeys, and(eq(publisherKeys.id, connectorVersions.signatureKey)))
    .where(versionRow({ tenantId: facts.publisher, environment: caller.environment }, manifest));
  const { text = null, source_sha256 = null, signature = null, key = null } = row ?? {};
  if (text === null || signature === null || key === null)
    return success({ ...shown, ...unsigned, source_sha256, signature: null, key: null });
  const valid = key.revokedAt === null && (await verifySignature(text, signature, key.publicKey));
  const shownKey = {
    id: key.id,
    name: key.name,
    public_key: key.publicKey,
    revoked_at: key.revokedAt?.toISOString() ?? null,
  };
  return success({ ...shown, ...unsigned, source_sha256, signed: true, valid, signature, key: shownKey });
}
