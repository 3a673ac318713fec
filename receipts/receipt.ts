import { canonicalJson } from "../engine/canonical-json.ts";
import type { RunStatus } from "../engine/run/types.ts";

/** What the platform signs of an execution's log. */
export interface ReceiptClaims {
  format: "receipt/v1";
  execution_id: string;
  /** The workflow that it runs as of the last event. */
  workflow: { slug: string; version: string };
  run_attempt: number;
  /** With the last event; anything but an end says that more events may come. */
  status: RunStatus;
  /** How many events it covers: those with the ids 1 to this. */
  events: number;
  /** Hash of the last of them (`chainNext`). */
  head: string;
  /** ISO 8601 UTC. */
  signed_at: string;
  /** Which of the platform's keys: `kid` at `/.well-known/receipt-keys.json`. */
  key_id: string;
}

/** The signature is Ed25519 over `signedText`, in base64url without padding. */
export type Receipt = ReceiptClaims & { signature: string };

/** What is signed of a receipt: a line that says what it is, then its members but the signature as canonical JSON. */
export function signedText({ format, ...claims }: ReceiptClaims): string {
  return `execution-receipt/v1\n${canonicalJson({ format, ...claims })}`;
}
