import type { ExecutionEvent } from "../../contracts/execution-event.ts";
import type { FeedItem } from "../../contracts/feed-rpc.ts";
import type { NewWebhookEndpoint } from "../../contracts/webhooks-rpc.ts";
import type { JsonObject } from "../../engine/json.ts";

export function eventOf(
  execution: string,
  id: number,
  type: string,
  at: number,
  data: JsonObject = {},
): ExecutionEvent {
  return {
    id,
    type,
    timestamp: new Date(at).toISOString(),
    workflow_id: "sum",
    execution_id: execution,
    step_name: null,
    step_path: null,
    data,
  };
}

export function itemOf(execution: string, events: ExecutionEvent[], more: Partial<FeedItem> = {}): FeedItem {
  return {
    executionId: execution,
    tenantId: "ten_a",
    environment: "test",
    workflow: { slug: "sum", name: "Sum", version: "1.0.0" },
    runAttempt: 1,
    events,
    ...more,
  };
}

export function endpointOf(
  id: string,
  eventTypes: string[],
  more: Partial<NewWebhookEndpoint> = {},
): NewWebhookEndpoint {
  return {
    id,
    url: `https://${id}.example.org/hook`,
    description: "",
    eventTypes,
    ordered: false,
    enabled: true,
    secret: { place: id, sealed: `sealed-${id}` },
    ...more,
  };
}
