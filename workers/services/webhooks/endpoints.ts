import type {
  ChangeEndpointBody,
  CreateEndpointBody,
  EndpointSecretView,
  WebhookEndpointView,
} from "../../../contracts/api/webhooks.ts";
import type { Page } from "../../../contracts/api/pages.ts";
import { success, type Result } from "../../../contracts/errors.ts";
import type { Context } from "../context.ts";
import { newId } from "../new-id.ts";
import { onFeed } from "../object-calls.ts";
import { refuseUrl } from "./check-url.ts";
import { endpointViewOf, unknownEndpoint } from "./endpoint-view.ts";
import { newSecret } from "./new-secret.ts";

/** A tenant has few, so they are one page. */
export async function listEndpoints({ ports, caller }: Context): Promise<Result<Page<WebhookEndpointView>>> {
  const all = await onFeed(ports, caller, (feed) => feed.listEndpoints());
  return success({ data: all.map(endpointViewOf), has_more: false, next_cursor: null });
}

export async function getEndpoint({ ports, caller }: Context, id: string): Promise<Result<WebhookEndpointView>> {
  const found = await onFeed(ports, caller, (feed) => feed.endpoint(id));
  return found === null ? unknownEndpoint() : success(endpointViewOf(found));
}

/** Makes an endpoint. Its answer is the only one that holds the secret. */
export async function createEndpoint(context: Context, body: CreateEndpointBody): Promise<Result<EndpointSecretView>> {
  const { ports, caller } = context;
  const refused = refuseUrl(ports, "/url", body.url);
  if (refused !== null) return refused;
  const id = newId(ports, "endpoint");
  const { secret, sealed } = await newSecret(context, id);
  const { url, description = "", event_types: eventTypes, ordered = false, enabled = true } = body;
  const endpoint = { id, url, description, eventTypes, ordered, enabled, secret: sealed };
  const made = await onFeed(ports, caller, (feed) => feed.createEndpoint(endpoint, caller.keyId));
  return made.ok ? success({ ...endpointViewOf(made.value), secret }) : made;
}

export async function changeEndpoint(
  { ports, caller }: Context,
  id: string,
  body: ChangeEndpointBody,
): Promise<Result<WebhookEndpointView>> {
  const refused = body.url === undefined ? null : refuseUrl(ports, "/url", body.url);
  if (refused !== null) return refused;
  const { event_types: eventTypes, ...same } = body;
  const change = eventTypes === undefined ? same : { ...same, eventTypes };
  const changed = await onFeed(ports, caller, (feed) => feed.changeEndpoint(id, change, caller.keyId));
  return changed === null ? unknownEndpoint() : success(endpointViewOf(changed));
}

export async function deleteEndpoint(
  { ports, caller }: Context,
  id: string,
): Promise<Result<{ status: "deleted"; id: string }>> {
  const gone = await onFeed(ports, caller, (feed) => feed.deleteEndpoint(id, caller.keyId));
  return gone ? success({ status: "deleted", id }) : unknownEndpoint();
}
