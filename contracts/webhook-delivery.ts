import type { Environment } from "./execution.ts";

/*
 * One attempt to deliver a webhook: from the feed object, which decides when, to the http plugin Worker, which alone opens
 * secrets and reaches the outside.
 */

/** A signing secret, sealed for the place `{tenantId, purpose: "webhook", id: place}`. */
export interface SealedWebhookSecret {
  place: string;
  sealed: string;
}

export interface WebhookRequest {
  tenantId: string;
  environment: Environment;
  url: string;
  /** `webhook-id`: equal over all attempts. */
  id: string;
  /** JSON, byte for byte the same over all attempts. */
  body: string;
  /** The newest first; two while an old one is still valid. All of them sign. */
  secrets: SealedWebhookSecret[];
}

/** Why an attempt got no HTTP status. */
export type WebhookFault = "egress" | "timeout" | "connection" | "secret";

export interface WebhookAnswer {
  /** Null without an answer. */
  status: number | null;
  fault?: WebhookFault;
  /** For people; nothing secret. */
  message?: string;
  /** Of the answer: few headers, and the beginning of the body, masked. */
  headers: Record<string, string>;
  body: string;
  truncated: boolean;
  retryAfterMs?: number;
  elapsedMs: number;
}

/** The http plugin Worker as the feed sees it. Never throws for a receiver's fault. */
export interface WebhookSenderRpc {
  deliver(request: WebhookRequest): Promise<WebhookAnswer>;
}
