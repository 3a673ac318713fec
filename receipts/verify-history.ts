import { isObject, type Json, type JsonObject } from "../engine/json.ts";
import { chainNext, chainStart } from "./event-chain.ts";
import { type ReceiptClaims, signedText } from "./receipt.ts";

/** An execution's history: the answer of `GET …/history`, or several of its pages, put together. */
export interface History {
  execution_id: string;
  /** Events from the first on, each with its `hash`. */
  data: readonly Json[];
  receipt: Json;
}

export type Verified =
  | { ok: true; receipt: ReceiptClaims }
  /** `event`: id of the first event that does not fit; absent where it is not an event. */
  | { ok: false; reason: string; event?: number };

type Refused = Extract<Verified, { ok: false }>;

/**
 * Whether these are the events that the platform signed: all of them, in their order, unchanged. `keys` is the set from
 * `/.well-known/receipt-keys.json`, however it came here. Asks nobody; Web Crypto is all it needs.
 */
export async function verifyHistory({ execution_id, data, receipt }: History, keys: Json): Promise<Verified> {
  const head = headOf(execution_id, data);
  if (typeof head !== "string") return head;
  const claims = claimsOf(receipt);
  if (claims === undefined) return refused(receipt === null ? NO_RECEIPT : "The receipt is none of a form known here.");
  if (claims.execution_id !== execution_id)
    return refused(`The receipt is of ${claims.execution_id}, the history of ${execution_id}.`);
  if (claims.events > data.length)
    return refused(`The receipt covers ${claims.events} events, here are ${data.length}: the end is missing.`);
  if (claims.events < data.length)
    return refused(
      `The receipt covers ${claims.events} events: this one was not signed with them. Take a receipt that is newer, or less of the history.`,
      claims.events + 1,
    );
  if (claims.head !== head)
    return refused("The events fit each other, but not the receipt: they are not those that were signed.");
  return (await isSigned(claims, receipt, keys)) ?? { ok: true, receipt: claims };
}

const NO_RECEIPT =
  "There is no receipt: it comes with the last page of a history, and from a platform that has a key for receipts.";

function refused(reason: string, event?: number): Refused {
  return event === undefined ? { ok: false, reason } : { ok: false, reason, event };
}

/** The hash of the last event, where each event fits those before it. */
function headOf(executionId: string, data: readonly Json[]): string | Refused {
  let hash = chainStart(executionId);
  for (const [index, item] of data.entries()) {
    const id = index + 1;
    if (!isObject(item)) return refused("It is no event.", id);
    const { hash: claimed, ...event } = item;
    if (event.id !== id)
      return refused(
        `Here should be event ${id}, and stands ${JSON.stringify(event.id)}: one is missing, or in another place.`,
        id,
      );
    if (event.execution_id !== executionId)
      return refused(`It is of ${JSON.stringify(event.execution_id)}, the history of ${executionId}.`, id);
    hash = chainNext(hash, event);
    if (claimed !== hash) return refused("Its hash does not fit: it, or its hash, was changed.", id);
  }
  return hash;
}

/** Undefined where it is; where not, why. */
async function isSigned(claims: ReceiptClaims, receipt: Json, keys: Json): Promise<Refused | undefined> {
  const set = isObject(keys) && Array.isArray(keys.keys) ? keys.keys.filter(isObject) : [];
  const key = set.find(({ kid }) => kid === claims.key_id);
  if (!key)
    return refused(`It was signed with the key ${claims.key_id}, which is none of the ${set.length} keys given.`);
  const signature = isObject(receipt) ? bytesOf(receipt.signature) : undefined;
  if (!signature) return refused("The receipt's signature is no base64url.");
  const { kty, crv, x } = key;
  try {
    if (kty !== "OKP" || crv !== "Ed25519" || typeof x !== "string") throw new Error("it is of another kind");
    const imported = await crypto.subtle.importKey("jwk", { kty, crv, x }, "Ed25519", false, ["verify"]);
    const text = new TextEncoder().encode(signedText(claims));
    if (await crypto.subtle.verify("Ed25519", imported, signature, text)) return undefined;
  } catch (error) {
    return refused(
      `The key ${claims.key_id} cannot be used: ${error instanceof Error ? error.message : String(error)}.`,
    );
  }
  return refused("The receipt's signature does not fit: the receipt was changed, or another key signed it.");
}

/** All members of a receipt but its signature: one that is not known here is signed too. */
function claimsOf(receipt: Json): ReceiptClaims | undefined {
  if (!isObject(receipt) || receipt.format !== "receipt/v1") return undefined;
  const { signature: _signature, ...claims } = receipt;
  const { execution_id, events, head, key_id } = claims;
  const known =
    [execution_id, head, key_id].every((member) => typeof member === "string") && Number.isSafeInteger(events);
  return known ? asClaims(claims) : undefined;
}

/** What the platform signed has its members; what it did not is refused by the signature. */
function asClaims(claims: JsonObject): ReceiptClaims {
  return claims as unknown as ReceiptClaims;
}

function bytesOf(text: Json | undefined): Uint8Array<ArrayBuffer> | undefined {
  if (typeof text !== "string" || !/^[\w-]+$/.test(text)) return undefined;
  try {
    return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
  } catch {
    return undefined;
  }
}
