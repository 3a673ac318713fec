import type { WebhookEndpointView } from "../../../contracts/api/webhooks.ts";
import { failure, type Failure } from "../../../contracts/errors.ts";
import type { WebhookEndpoint } from "../../../contracts/webhooks-rpc.ts";

/** An endpoint as it is shown: its secret never is, but in the answer that made it. */
export function endpointViewOf(endpoint: WebhookEndpoint): WebhookEndpointView {
  const { id, url, description, eventTypes, ordered, enabled, disabledReason, failingSince } = endpoint;
  return {
    id,
    url,
    description,
    event_types: eventTypes,
    ordered,
    enabled,
    disabled_reason: disabledReason,
    failing_since: failingSince === null ? null : new Date(failingSince).toISOString(),
    created_at: new Date(endpoint.createdAt).toISOString(),
    updated_at: new Date(endpoint.updatedAt).toISOString(),
  };
}

export function unknownEndpoint(): Failure {
  return failure("NOT_FOUND", "There is no such webhook endpoint.");
}
