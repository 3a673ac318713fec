import { type Failure, failure, type Result, success } from "../../contracts/errors.ts";
import { WEBHOOK_TEST } from "../../contracts/event-types.ts";
import type { SealedWebhookSecret } from "../../contracts/webhook-delivery.ts";
import type {
  NewWebhookEndpoint,
  Resent,
  WebhookDelivery,
  WebhookDeliveryDetail,
  WebhookEndpoint,
  WebhookEndpointChange,
} from "../../contracts/webhooks-rpc.ts";
import type { FeedPorts } from "./feed-ports.ts";
import { otherMessage } from "./message.ts";
import type { Outlet } from "./outlet.ts";

export const MOST_ENDPOINTS = 50;
const MOST_RESENT = 10_000;
/** A test is answered after its attempt, or without one when the receiver's turn does not come so soon. */
const TEST_PATIENCE_MS = 20_000;

/** What a tenant does with its endpoints and their deliveries. */
export class Webhooks {
  readonly #outlet: Outlet;
  readonly #ports: FeedPorts;

  constructor(outlet: Outlet, ports: FeedPorts) {
    this.#outlet = outlet;
    this.#ports = ports;
  }

  create(endpoint: NewWebhookEndpoint, actor: string): Result<WebhookEndpoint> {
    const { endpoints } = this.#outlet;
    const known = endpoints.find(endpoint.id);
    if (known !== undefined) return success(known);
    if (endpoints.all().length >= MOST_ENDPOINTS)
      return failure("CONFLICT", `There are ${MOST_ENDPOINTS} webhook endpoints already, which is the most.`, {
        limit: MOST_ENDPOINTS,
      });
    this.#change(() => {
      endpoints.insert(endpoint, this.#ports.now());
      this.#note("webhook_endpoint.created", endpoint.id, actor);
    });
    const made = endpoints.find(endpoint.id);
    if (made === undefined) throw new Error("an endpoint is not where it was put");
    return success(made);
  }

  change(id: string, change: WebhookEndpointChange, actor: string): WebhookEndpoint | null {
    const { endpoints, deliveries } = this.#outlet;
    const before = endpoints.find(id);
    if (before === undefined) return null;
    const now = this.#ports.now();
    this.#change(() => {
      endpoints.change(before, change, now);
      this.#note("webhook_endpoint.changed", id, actor);
      if (change.enabled === false) deliveries.giveUp(id, "endpoint_disabled", now);
      else if (before.ordered && change.ordered === false) deliveries.releaseAll(id, now);
    });
    return endpoints.find(id) ?? null;
  }

  delete(id: string, actor: string): boolean {
    const { endpoints, deliveries } = this.#outlet;
    if (endpoints.find(id) === undefined) return false;
    this.#change(() => {
      endpoints.delete(id);
      deliveries.giveUp(id, "endpoint_deleted", this.#ports.now());
      this.#note("webhook_endpoint.deleted", id, actor);
    });
    return true;
  }

  rotate(id: string, secret: SealedWebhookSecret, oldUntil: number, actor: string): WebhookEndpoint | null {
    const { endpoints } = this.#outlet;
    if (endpoints.find(id) === undefined) return null;
    this.#change(() => {
      endpoints.rotate(id, secret, oldUntil);
      this.#note("webhook_endpoint.rotated", id, actor);
    });
    return endpoints.find(id) ?? null;
  }

  callbackSecret(): SealedWebhookSecret | null {
    return this.#outlet.endpoints.secrets(null, this.#ports.now())[0] ?? null;
  }

  putCallbackSecret(secret: SealedWebhookSecret): SealedWebhookSecret {
    const known = this.callbackSecret();
    if (known !== null) return known;
    this.#outlet.endpoints.rotate(null, secret, this.#ports.now());
    return secret;
  }

  rotateCallbackSecret(secret: SealedWebhookSecret, oldUntil: number, actor: string): void {
    this.#change(() => {
      this.#outlet.endpoints.rotate(null, secret, oldUntil);
      this.#note("webhook_secret.rotated", "callbacks", actor);
    });
  }

  async test(id: string): Promise<WebhookDeliveryDetail | null> {
    const { endpoints, deliveries, deliverer } = this.#outlet;
    const endpoint = endpoints.find(id);
    if (endpoint === undefined) return null;
    const now = this.#ports.now();
    const webhookId = this.#ports.newId("test_");
    const data = { endpoint_id: id, message: "A test of this endpoint." };
    const message = otherMessage("test", webhookId, WEBHOOK_TEST, now, data);
    const delivery = this.#outlet.atomically(() => {
      const seq = deliveries.insertMessage(message);
      return seq === undefined ? undefined : this.#outlet.deliver(message, seq, endpoint, 1);
    });
    if (delivery === undefined) throw new Error("a test could not be written");
    const done = deliverer.settled(delivery);
    this.#outlet.changed();
    await Promise.race([done, new Promise<void>((resolve) => void this.#ports.later(TEST_PATIENCE_MS, resolve))]);
    return this.#detail(delivery);
  }

  resend(id: string): Result<WebhookDelivery | null> {
    const { deliveries, endpoints } = this.#outlet;
    const seq = deliveries.seqOf(id);
    if (seq === undefined) return success(null);
    const endpointId = deliveries.open(seq)?.endpoint ?? null;
    const endpoint = endpointId === null ? undefined : endpoints.find(endpointId);
    if (endpoint?.enabled === false) return switchedOff(endpoint);
    this.#change(() => this.#reopen(seq));
    return success(deliveries.shown(seq) ?? null);
  }

  resendSince(id: string, since: number, onlyFailed: boolean, most = MOST_RESENT): Result<Resent | null> {
    const { endpoints, deliveries } = this.#outlet;
    const endpoint = endpoints.find(id);
    if (endpoint === undefined) return success(null);
    if (!endpoint.enabled) return switchedOff(endpoint);
    const { found, next } = deliveries.finishedSince(id, since, onlyFailed, most);
    this.#change(() => {
      for (const seq of found) this.#reopen(seq);
    });
    return success({ resent: found.length, next });
  }

  delivery(id: string): WebhookDeliveryDetail | null {
    const seq = this.#outlet.deliveries.seqOf(id);
    return seq === undefined ? null : this.#detail(seq);
  }

  #reopen(seq: number): void {
    const { deliveries, endpoints } = this.#outlet;
    const delivery = deliveries.open(seq);
    if (delivery === undefined) return;
    const { target, endpoint, execution } = delivery;
    const ordered = endpoint !== null && endpoints.find(endpoint)?.ordered === true;
    const behind = ordered && execution !== null && deliveries.hasOpen(target, execution);
    deliveries.reopen(seq, behind ? "held" : "pending", this.#ports.now());
  }

  #detail(seq: number): WebhookDeliveryDetail | null {
    const { deliveries } = this.#outlet;
    const shown = deliveries.shown(seq);
    return shown === undefined ? null : { ...shown, body: deliveries.body(seq), log: deliveries.attempts(seq) };
  }

  #note(action: string, subject: string, actor: string): void {
    this.#outlet.notices.add({ action, subject, actor });
  }

  #change(work: () => void): void {
    this.#outlet.atomically(() => {
      work();
      this.#outlet.refreshWish();
    });
    this.#outlet.changed();
  }
}

function switchedOff({ id }: WebhookEndpoint): Failure {
  const how = `PATCH /webhooks/endpoints/${id} with {"enabled": true}`;
  return failure("CONFLICT", `The endpoint is switched off, so nothing is sent to it: ${how}, then send again.`, {
    endpoint: id,
  });
}
