import type {
  DeliveryDetailView,
  DeliveryListQuery,
  DeliveryView,
  ResendBody,
  ResentView,
} from "../../../contracts/api/webhooks.ts";
import type { Page } from "../../../contracts/api/pages.ts";
import { failure, success, type Failure, type Result } from "../../../contracts/errors.ts";
import type { Context } from "../context.ts";
import { badCursor, decodeCursor, encodeCursor } from "../cursor.ts";
import { onFeed } from "../object-calls.ts";
import { deliveryDetailOf, deliveryViewOf } from "./delivery-view.ts";
import { unknownEndpoint } from "./endpoint-view.ts";

function unknownDelivery(): Failure {
  return failure("NOT_FOUND", "There is no such delivery.");
}

export async function listDeliveries(
  { ports, caller }: Context,
  query: DeliveryListQuery,
): Promise<Result<Page<DeliveryView>>> {
  const at = query.cursor === undefined ? undefined : decodeCursor(query.cursor, 1);
  if (at === null || (at !== undefined && !/^\d{1,15}$/.test(at[0] ?? ""))) return badCursor();
  const page = await onFeed(ports, caller, (feed) =>
    feed.deliveries({
      endpointId: query.endpoint,
      executionId: query.execution,
      status: query.status,
      eventType: query.event_type,
      before: at && Number(at[0]),
      limit: query.limit,
    }),
  );
  return success({
    data: page.deliveries.map(deliveryViewOf),
    has_more: page.next !== null,
    next_cursor: page.next === null ? null : encodeCursor([String(page.next)]),
  });
}

export async function getDelivery({ ports, caller }: Context, id: string): Promise<Result<DeliveryDetailView>> {
  const found = await onFeed(ports, caller, (feed) => feed.delivery(id));
  return found === null ? unknownDelivery() : success(deliveryDetailOf(found));
}

/** Sends a test event now, once, and answers what came of it. */
export async function testEndpoint({ ports, caller }: Context, id: string): Promise<Result<DeliveryDetailView>> {
  const tested = await onFeed(ports, caller, (feed) => feed.testEndpoint(id));
  return tested === null ? unknownEndpoint() : success(deliveryDetailOf(tested));
}

/** Another round of attempts, with the same id and body. */
export async function resendDelivery({ ports, caller }: Context, id: string): Promise<Result<DeliveryView>> {
  const sent = await onFeed(ports, caller, (feed) => feed.resend(id));
  if (!sent.ok) return sent;
  return sent.value === null ? unknownDelivery() : success(deliveryViewOf(sent.value));
}

/** Likewise, for what an endpoint was to have since a time. */
export async function resendSince(
  { ports, caller }: Context,
  id: string,
  { since, status }: ResendBody,
): Promise<Result<ResentView>> {
  const sent = await onFeed(ports, caller, (feed) => feed.resendSince(id, Date.parse(since), status === "failed"));
  if (!sent.ok) return sent;
  if (sent.value === null) return unknownEndpoint();
  const { resent, next } = sent.value;
  return success({ resent, has_more: next !== null, next_since: next === null ? null : new Date(next).toISOString() });
}
