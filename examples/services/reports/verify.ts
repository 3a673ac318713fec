import { createHmac, timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";

/** Calls older than this are not taken: somebody may have kept one. */
const OLDEST_SECONDS = 300;

/**
 * Whether a call comes from the platform: Standard Webhooks, as any of its libraries does it. `secret` is `whsec_…`; `text` the body
 * as it came, byte for byte. While a secret is being rotated there are two signatures, and one of them must fit.
 */
export function verify(secret: string, headers: IncomingHttpHeaders, text: string): boolean {
  const id = headers["webhook-id"];
  const timestamp = headers["webhook-timestamp"];
  const signatures = headers["webhook-signature"];
  if (typeof id !== "string" || typeof timestamp !== "string" || typeof signatures !== "string") return false;
  if (!(Math.abs(Date.now() / 1_000 - Number(timestamp)) <= OLDEST_SECONDS)) return false;
  const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
  const wanted = createHmac("sha256", key).update(`${id}.${timestamp}.${text}`).digest();
  return signatures.split(" ").some((signature) => {
    const given = Buffer.from(signature.replace(/^v1,/, ""), "base64");
    return given.length === wanted.length && timingSafeEqual(given, wanted);
  });
}
