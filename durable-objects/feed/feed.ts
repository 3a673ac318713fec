import { DurableObject } from "cloudflare:workers";
import { encodeBase32 } from "../../contracts/base32.ts";
import type { Result } from "../../contracts/errors.ts";
import type { FeedItem, KnownWish } from "../../contracts/feed-rpc.ts";
import { type Owner, ownerOfObject } from "../../contracts/placement.ts";
import type { TenantRpc, CoordinatorRpc } from "../../contracts/rpc.ts";
import type { SealedWebhookSecret, WebhookSenderRpc } from "../../contracts/webhook-delivery.ts";
import type {
  DeliveryPage,
  DeliveryQuery,
  FeedFilter,
  FeedNotice,
  FeedPage,
  FeedRead,
  NewWebhookEndpoint,
  Resent,
  WebhookDelivery,
  WebhookDeliveryDetail,
  WebhookEndpoint,
  WebhookEndpointChange,
  WebhooksRpc,
} from "../../contracts/webhooks-rpc.ts";
import { ObjectSql } from "../object-sql.ts";
import type { FeedPorts } from "./feed-ports.ts";
import { FEED_MIGRATIONS } from "./migrations.ts";
import { Outlet } from "./outlet.ts";
import { ReaderSockets } from "./reader-sockets.ts";
import { Webhooks } from "./webhooks.ts";

/** The bindings a feed object needs; the platform Worker's configuration gives them. */
export interface FeedEnv {
  HTTP_PLUGIN: WebhookSenderRpc;
  OUTBOX: { send(message: { feed: string }): Promise<unknown> };
  COORDINATOR: { getByName(name: string): Pick<CoordinatorRpc, "setFeed"> };
  TENANT: { getByName(name: string): Pick<TenantRpc, "cells"> };
}

/**
 * The feed object of a tenant and environment: what leaves its executions on its own account. Endpoints and deliveries stand
 * here alone, so that they live on while Postgres is down.
 */
export class Feed extends DurableObject<FeedEnv> implements WebhooksRpc {
  readonly #outlet: Outlet;
  readonly #webhooks: Webhooks;
  readonly #readers: ReaderSockets;

  constructor(ctx: DurableObjectState, env: FeedEnv) {
    super(ctx, env);
    this.#readers = new ReaderSockets(() => ctx.getWebSockets());
    const ports: FeedPorts = {
      owner: () => this.#owner,
      now: Date.now,
      random: Math.random,
      newId: (prefix) => prefix + encodeBase32(crypto.getRandomValues(new Uint8Array(16))),
      // Not bound: a member of a stub is a call of its own.
      send: (request) => env.HTTP_PLUGIN.deliver(request),
      cells: () => env.TENANT.getByName(this.#name).cells(),
      cell: (name) => env.COORDINATOR.getByName(name),
      later,
      setAlarm: (at) => void ctx.storage.setAlarm(at),
      hintNotices: () => void env.OUTBOX.send({ feed: this.#name }).catch(() => undefined),
      logged: (events) => this.#readers.onLogged(events),
      report: (message, error) => console.error(message, error),
    };
    this.#outlet = new Outlet(new ObjectSql(ctx.storage, FEED_MIGRATIONS), ports);
    this.#webhooks = new Webhooks(this.#outlet, ports);
  }

  async push(items: FeedItem[]): Promise<void> {
    this.#outlet.push(items);
  }

  async wish(): Promise<KnownWish> {
    return this.#outlet.wish();
  }

  async createEndpoint(endpoint: NewWebhookEndpoint, actor: string): Promise<Result<WebhookEndpoint>> {
    return this.#webhooks.create(endpoint, actor);
  }

  async listEndpoints(): Promise<WebhookEndpoint[]> {
    return [...this.#outlet.endpoints.all()];
  }

  async endpoint(id: string): Promise<WebhookEndpoint | null> {
    return this.#outlet.endpoints.find(id) ?? null;
  }

  async changeEndpoint(id: string, change: WebhookEndpointChange, actor: string): Promise<WebhookEndpoint | null> {
    return this.#webhooks.change(id, change, actor);
  }

  async deleteEndpoint(id: string, actor: string): Promise<boolean> {
    return this.#webhooks.delete(id, actor);
  }

  async rotateSecret(
    id: string,
    secret: SealedWebhookSecret,
    oldUntil: number,
    actor: string,
  ): Promise<WebhookEndpoint | null> {
    return this.#webhooks.rotate(id, secret, oldUntil, actor);
  }

  async testEndpoint(id: string): Promise<WebhookDeliveryDetail | null> {
    return this.#webhooks.test(id);
  }

  async resendSince(id: string, since: number, onlyFailed: boolean): Promise<Result<Resent | null>> {
    return this.#webhooks.resendSince(id, since, onlyFailed);
  }

  async resend(deliveryId: string): Promise<Result<WebhookDelivery | null>> {
    return this.#webhooks.resend(deliveryId);
  }

  async deliveries(query: DeliveryQuery): Promise<DeliveryPage> {
    return this.#outlet.deliveries.page(query);
  }

  async delivery(id: string): Promise<WebhookDeliveryDetail | null> {
    return this.#webhooks.delivery(id);
  }

  async callbackSecret(): Promise<SealedWebhookSecret | null> {
    return this.#webhooks.callbackSecret();
  }

  async putCallbackSecret(secret: SealedWebhookSecret): Promise<SealedWebhookSecret> {
    return this.#webhooks.putCallbackSecret(secret);
  }

  async rotateCallbackSecret(secret: SealedWebhookSecret, oldUntil: number, actor: string): Promise<void> {
    this.#webhooks.rotateCallbackSecret(secret, oldUntil, actor);
  }

  async sealedSecrets(): Promise<SealedWebhookSecret[]> {
    return this.#outlet.endpoints.everySecret();
  }

  async reseal(from: string, to: string): Promise<boolean> {
    return this.#outlet.endpoints.reseal(from, to);
  }

  async wantFeed(): Promise<number> {
    return this.#outlet.wantLog();
  }

  async readFeed(read: FeedRead): Promise<FeedPage> {
    return this.#outlet.readLog(read);
  }

  async forget(executions: string[]): Promise<number> {
    return this.#outlet.forget(executions);
  }

  async leftOf(executions: string[]): Promise<number> {
    return this.#outlet.leftOf(executions);
  }

  async readNotices(): Promise<FeedNotice[]> {
    return this.#outlet.notices.read();
  }

  async ackNotices(last: number): Promise<void> {
    this.#outlet.notices.ack(last);
  }

  /** A reader of the stream: `ReaderSockets` says what passes over it. Only this Worker's own code can come here. */
  override async fetch(request: Request): Promise<Response> {
    if (request.headers.get("upgrade") !== "websocket") return new Response(null, { status: 426 });
    const [client, server] = Object.values(new WebSocketPair());
    if (client === undefined || server === undefined) throw new Error("a pair of sockets has two");
    this.ctx.acceptWebSocket(server);
    this.#readers.join(server, filterOf(new URL(request.url).searchParams.get("filter")));
    return new Response(null, { status: 101, webSocket: client });
  }

  override async webSocketMessage(socket: WebSocket, message: string | ArrayBuffer): Promise<void> {
    if (typeof message === "string") this.#readers.onMessage(socket, message, this.#outlet.lastLogged());
  }

  override async webSocketClose(socket: WebSocket, code: number): Promise<void> {
    socket.close(code === 1005 || code === 1006 ? 1000 : code);
  }

  override async alarm(): Promise<void> {
    this.#outlet.onAlarm(this.#readers.count);
  }

  get #name(): string {
    const { name } = this.ctx.id;
    if (name === undefined) throw new Error("a feed is addressed by its name");
    return name;
  }

  get #owner(): Owner {
    return ownerOfObject(this.#name);
  }
}

/** Written by the Worker that opened the socket. */
function filterOf(text: string | null): FeedFilter {
  return JSON.parse(text ?? "{}") as FeedFilter;
}

function later(ms: number, task: () => void): () => void {
  const timer = setTimeout(task, ms);
  return () => clearTimeout(timer);
}
