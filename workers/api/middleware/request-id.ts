import { encodeBase32 } from "../../../contracts/base32.ts";
import { ID_PREFIX } from "../../../contracts/ids.ts";

/** Names one request in answers and logs. */
export function newRequestId(): string {
  return ID_PREFIX.request + encodeBase32(crypto.getRandomValues(new Uint8Array(15)));
}
