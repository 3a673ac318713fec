import type { DeliveryDetailView, DeliveryView } from "../../../contracts/api/webhooks.ts";
import type { WebhookAttempt, WebhookDelivery, WebhookDeliveryDetail } from "../../../contracts/webhooks-rpc.ts";

/** What is shown of a body. */
const SHOWN_CHARS = 16_384;

function timeOrNull(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString();
}

export function deliveryViewOf(delivery: WebhookDelivery): DeliveryView {
  return {
    id: delivery.id,
    webhook_id: delivery.webhookId,
    endpoint_id: delivery.endpointId,
    url: delivery.url,
    event_type: delivery.eventType,
    execution_id: delivery.executionId,
    status: delivery.status,
    reason: delivery.reason,
    attempts: delivery.attempts,
    next_attempt_at: timeOrNull(delivery.nextAttemptAt),
    created_at: new Date(delivery.createdAt).toISOString(),
    finished_at: timeOrNull(delivery.finishedAt),
  };
}

export function deliveryDetailOf(detail: WebhookDeliveryDetail): DeliveryDetailView {
  const { body, log, webhookId } = detail;
  return {
    ...deliveryViewOf(detail),
    request: {
      method: "POST",
      headers: { "content-type": "application/json", "webhook-id": webhookId },
      body: body.slice(0, SHOWN_CHARS),
      truncated: body.length > SHOWN_CHARS,
    },
    log: log.map(attemptView),
  };
}

function attemptView(attempt: WebhookAttempt): DeliveryDetailView["log"][number] {
  const { number, at, url, status, fault, message, headers, body, truncated, elapsedMs } = attempt;
  return {
    number,
    at: new Date(at).toISOString(),
    url,
    elapsed_ms: elapsedMs,
    response: status === null ? null : { status, headers, body, truncated },
    error: fault === undefined ? null : { kind: fault, message: message ?? "" },
  };
}
