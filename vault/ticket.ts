import { base64Url, bytesOfBase64 } from "./encoding.ts";
import { open, seal, SealBroken } from "./vault.ts";

/*
 * Sealed notes that travel through a browser: connect links and the `state` of an OAuth authorization. Nobody outside can read,
 * make or change one, and none opens for another purpose or tenant.
 */

/** Issues a note for a tenant that ends at `expiresAt` (epoch ms). */
export async function issueTicket(
  masterKey: string,
  tenantId: string,
  purpose: string,
  content: object,
  expiresAt: number,
): Promise<string> {
  const sealed = await seal(masterKey, { tenantId, purpose, id: "ticket" }, JSON.stringify({ content, expiresAt }));
  return `${base64Url(new TextEncoder().encode(tenantId))}.${sealed}`;
}

/** Null for a note that is forged, altered, of another purpose, or past its time. */
export async function readTicket(
  masterKey: string,
  purpose: string,
  text: string,
  now: number,
): Promise<{ tenantId: string; content: unknown; expiresAt: number } | null> {
  const dot = text.indexOf(".");
  const tenant = dot < 1 || text.length > 4_096 ? undefined : bytesOfBase64(text.slice(0, dot));
  if (tenant === undefined) return null;
  const tenantId = new TextDecoder().decode(tenant);
  try {
    const opened: unknown = JSON.parse(await open(masterKey, { tenantId, purpose, id: "ticket" }, text.slice(dot + 1)));
    if (typeof opened !== "object" || opened === null || !("content" in opened) || !("expiresAt" in opened))
      return null;
    const expiresAt = Number(opened.expiresAt);
    return expiresAt > now ? { tenantId, content: opened.content, expiresAt } : null;
  } catch (error) {
    if (error instanceof SealBroken) return null;
    throw error;
  }
}
