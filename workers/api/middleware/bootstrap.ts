import { sha256 } from "@noble/hashes/sha2.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import { failure, type Failure } from "../../../contracts/errors.ts";
import type { Ports } from "../../services/context.ts";

/** Equal texts, found out in a time that says nothing of where they differ: their hashes are compared whole. */
function sameToken(given: string, wanted: string): boolean {
  const left = sha256(utf8ToBytes(given));
  const right = sha256(utf8ToBytes(wanted));
  return left.reduce((difference, byte, at) => difference | (byte ^ (right[at] ?? 0)), 0) === 0;
}

/** Why a script of the deployment is refused; null when it has the token. Without BOOTSTRAP_TOKEN there is no such path. */
export function refuseScript({ bootstrapToken }: Ports, request: Request): Failure | null {
  if (bootstrapToken === undefined || bootstrapToken === "")
    return failure("NOT_FOUND", "There is nothing at this path.");
  const given = /^Bootstrap +(\S+)$/.exec(request.headers.get("authorization") ?? "")?.[1] ?? "";
  return sameToken(given, bootstrapToken) ? null : failure("UNAUTHENTICATED", "The bootstrap token is not valid.");
}
