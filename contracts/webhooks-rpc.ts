import type { Result } from "./errors.ts";
import type { ExecutionEvent } from "./execution-event.ts";
import type { FeedRpc } from "./feed-rpc.ts";
import type { SealedWebhookSecret, WebhookAnswer } from "./webhook-delivery.ts";

/* What the services ask of the feed object beside `FeedRpc`: webhook endpoints, their deliveries, the tenant's stream. */

/** Why the platform switched an endpoint off: it answered 410, or nothing but failures for days. */
export type DisabledReason = "gone" | "failing";

export interface WebhookEndpoint {
  id: string;
  url: string;
  description: string;
  /** Patterns (`contracts/event-types.ts`). */
  eventTypes: string[];
  /** Per execution, an event waits until the one before it was delivered or given up. */
  ordered: boolean;
  enabled: boolean;
  disabledReason: DisabledReason | null;
  /** Since when every attempt has failed. Epoch ms, as all times here. */
  failingSince: number | null;
  createdAt: number;
  updatedAt: number;
}

export interface NewWebhookEndpoint {
  id: string;
  url: string;
  description: string;
  eventTypes: string[];
  ordered: boolean;
  enabled: boolean;
  secret: SealedWebhookSecret;
}

export type WebhookEndpointChange = Partial<
  Pick<WebhookEndpoint, "url" | "description" | "eventTypes" | "ordered" | "enabled">
>;

export type DeliveryStatus = "pending" | "delivered" | "failed";

export interface WebhookDelivery {
  id: string;
  webhookId: string;
  /** Null: a `callback_url`. */
  endpointId: string | null;
  url: string;
  eventType: string;
  executionId: string | null;
  status: DeliveryStatus;
  /** Why it was given up without another attempt. */
  reason: string | null;
  attempts: number;
  nextAttemptAt: number | null;
  createdAt: number;
  finishedAt: number | null;
}

export interface WebhookAttempt extends WebhookAnswer {
  number: number;
  at: number;
  url: string;
}

export interface WebhookDeliveryDetail extends WebhookDelivery {
  body: string;
  log: WebhookAttempt[];
}

export interface DeliveryQuery {
  endpointId?: string;
  executionId?: string;
  status?: DeliveryStatus;
  eventType?: string;
  /** Position of the last one that was read. */
  before?: number;
  limit: number;
}

export interface DeliveryPage {
  deliveries: WebhookDelivery[];
  /** Where to read on; null at the end. */
  next: number | null;
}

/** A change of what stands here, for the audit log. Its id is made once: telling it twice writes it once. */
export interface FeedNotice {
  seq: number;
  id: string;
  /** A key's id, or `platform`. */
  actor: string;
  action: string;
  subject: string;
  at: number;
}

/** What was sent again. */
export interface Resent {
  resent: number;
  /** From when on there is more to send again; null when that was all. */
  next: number | null;
}

/** Which events of the tenant's stream are read. */
export interface FeedFilter {
  /** Each list must mean the type. */
  types?: string[][];
  workflow?: string;
  executionId?: string;
}

export interface FeedRead extends FeedFilter {
  /** Only what came after this position. */
  after: number;
  limit: number;
}

export interface FeedPage {
  events: { position: number; event: ExecutionEvent }[];
  /** Where to read on: beyond events that the filters passed over, too. */
  position: number;
  /** Events after `after` are no longer there, or were never kept: nobody was reading then. */
  gap: boolean;
  /** There is more to read at once. */
  more: boolean;
}

export interface WebhooksRpc extends FeedRpc {
  createEndpoint(endpoint: NewWebhookEndpoint, actor: string): Promise<Result<WebhookEndpoint>>;
  listEndpoints(): Promise<WebhookEndpoint[]>;
  endpoint(id: string): Promise<WebhookEndpoint | null>;
  changeEndpoint(id: string, change: WebhookEndpointChange, actor: string): Promise<WebhookEndpoint | null>;
  /** What was still to be delivered to it is given up. */
  deleteEndpoint(id: string, actor: string): Promise<boolean>;
  /** The old secret signs beside it until `oldUntil`. */
  rotateSecret(
    id: string,
    secret: SealedWebhookSecret,
    oldUntil: number,
    actor: string,
  ): Promise<WebhookEndpoint | null>;
  /** Sends a test event now, once, and answers what came of it. */
  testEndpoint(id: string): Promise<WebhookDeliveryDetail | null>;
  /** Sends again what was sent to an endpoint since then, the oldest 10,000. CONFLICT for one that is switched off. */
  resendSince(id: string, since: number, onlyFailed: boolean): Promise<Result<Resent | null>>;
  resend(deliveryId: string): Promise<Result<WebhookDelivery | null>>;
  deliveries(query: DeliveryQuery): Promise<DeliveryPage>;
  delivery(id: string): Promise<WebhookDeliveryDetail | null>;
  /** The newest secret of callbacks; null before the first. */
  callbackSecret(): Promise<SealedWebhookSecret | null>;
  /** Kept only when there is none yet. Answers the one that counts. */
  putCallbackSecret(secret: SealedWebhookSecret): Promise<SealedWebhookSecret>;
  /** As `rotateSecret`. */
  rotateCallbackSecret(secret: SealedWebhookSecret, oldUntil: number, actor: string): Promise<void>;
  /** Every secret that is kept, those that do not sign any more too. */
  sealedSecrets(): Promise<SealedWebhookSecret[]>;
  /** The same secret, sealed anew. False where it has been replaced since. */
  reseal(from: string, to: string): Promise<boolean>;
  /** Somebody reads the stream: events are kept from now on. Answers the newest position, once the cells know. */
  wantFeed(): Promise<number>;
  readFeed(read: FeedRead): Promise<FeedPage>;
  /** Executions were purged: their events and deliveries are deleted, those that are still to be sent too. Answers how many rows that was. */
  forget(executions: string[]): Promise<number>;
  /** How many rows there are of these executions. */
  leftOf(executions: string[]): Promise<number>;
  readNotices(): Promise<FeedNotice[]>;
  ackNotices(last: number): Promise<void>;
}
