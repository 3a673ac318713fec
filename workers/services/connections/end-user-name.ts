import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";

const MOST_CHARACTERS = 100;

/** The name of a connection that an end user made by a link. A name is shorter than an id may be, so a long id ends with its digest: no two share one. */
export function endUserName(endUser: string): string {
  const whole = `end user ${endUser}`;
  if (whole.length <= MOST_CHARACTERS) return whole;
  const digest = `… ${bytesToHex(sha256(utf8ToBytes(endUser))).slice(0, 16)}`;
  return whole.slice(0, MOST_CHARACTERS - digest.length) + digest;
}
