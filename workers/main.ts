import { WorkerEntrypoint } from "cloudflare:workers";
import { createApp } from "./api/app.ts";
import { connectDatabase } from "./database/client.ts";
import { ReceiptKeys } from "../receipts/receipt-keys.ts";
import { readClientCertificates } from "../contracts/client-certificates.ts";
import type { OutboxHint } from "../contracts/outbox-hint.ts";
import type { Env } from "./env.ts";
import { randomBytes } from "./identity/random-bytes.ts";
import { consumeOutbox } from "./queues/outbox-consumer.ts";
import { isHookAddress, receive } from "./hooks/receive.ts";
import { sweep } from "./schedules/sweep.ts";
import type { Ports } from "./services/context.ts";
import { stepLimit } from "./services/executions/step-limit.ts";
import { egressPolicyOf } from "./services/webhooks/egress-policy.ts";
import { IsolateCache } from "./services/isolate-cache.ts";
import { stepCampaign } from "./services/campaigns/step.ts";
import { settleCopies } from "./services/connections/settle-copies.ts";
import { startFirings } from "./services/triggers/fire.ts";
import type { CampaignOrder, CampaignOutcome, CampaignStepsRpc } from "../contracts/campaigns-rpc.ts";
import type { ConnectionCopiesRpc, ConnectionWrite } from "../contracts/connection-copies-rpc.ts";
import type { Owner } from "../contracts/placement.ts";
import type { Firing, FiringOutcome, TriggerStartsRpc } from "../contracts/triggers-rpc.ts";
import { deploymentLimits } from "../contracts/limits.ts";
import { AddressLimiter } from "./services/requests/address-limiter.ts";
import { RateLimiter } from "./services/requests/rate-limiter.ts";
import { streamPlatform } from "./stream-platform.ts";
import { Placement } from "../contracts/placement.ts";
import { TaskTokens as TaskTokenCodec } from "../contracts/task-token.ts";
import { StreamTokens } from "../contracts/stream-token.ts";

export { Campaigns } from "../durable-objects/campaigns/campaigns.ts";
export { Connection } from "../durable-objects/connection/connection.ts";
export { Coordinator } from "../durable-objects/coordinator/coordinator.ts";
export { Feed } from "../durable-objects/feed/feed.ts";
export { Relay } from "../durable-objects/relay/relay.ts";
export { Services } from "../durable-objects/services/services.ts";
export { TaskTokens } from "../durable-objects/task-tokens/task-tokens.ts";
export { Tenant } from "../durable-objects/tenant/tenant.ts";
export { Triggers } from "../durable-objects/triggers/triggers.ts";

/** What a reader of a stream may take for 64 KiB of it: slower than about 2 KiB a second, it is cut off and may come back. */
const DRAIN_MS = 30_000;

/** Standard base64 as it stands in a secret. */
function bytesOf(base64: string): Uint8Array {
  return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
}

/** The world by the bindings of this Worker, built once an isolate, on its first request. */
function portsOf(env: Env): Ports {
  return {
    database: connectDatabase(env.DATABASE_URL, env.ENVIRONMENT_NAME === "development" ? env.NEON_LOCAL : undefined),
    placement: new Placement(bytesOf(env.EXECUTION_ID_KEY)),
    streamTokens: new StreamTokens(bytesOf(env.EXECUTION_ID_KEY)),
    streams: streamPlatform(env),
    drainMs: Number(env.STREAM_DRAIN_MS ?? DRAIN_MS),
    masterKey: env.MASTER_KEY,
    deployment: env.ENVIRONMENT_NAME,
    bootstrapToken: env.BOOTSTRAP_TOKEN,
    stepLimit: stepLimit(env.STEP_LIMIT),
    defaultLimits: deploymentLimits(env.DEFAULT_LIMITS),
    rates: new RateLimiter(),
    addresses: new AddressLimiter(),
    cell: (name) => env.COORDINATOR.getByName(name),
    tenant: (name) => env.TENANT.getByName(name),
    feed: (name) => env.FEED.getByName(name),
    egressPolicy: egressPolicyOf(env),
    triggers: (name) => env.TRIGGERS.getByName(name),
    services: (name) => env.SERVICES.getByName(name),
    campaigns: (name) => env.CAMPAIGNS.getByName(name),
    taskTokens: new TaskTokenCodec(bytesOf(env.EXECUTION_ID_KEY)),
    ownTaskTokens: (name) => env.TASK_TOKENS.getByName(name),
    code: env.CODE_PLUGIN,
    collector: env.HTTP_PLUGIN,
    tools: env.HTTP_PLUGIN,
    oauth: env.HTTP_PLUGIN,
    http: env.HTTP_PLUGIN,
    receiptKeys: env.RECEIPT_KEYS === undefined ? undefined : new ReceiptKeys(env.RECEIPT_KEYS),
    publicUrl: env.PUBLIC_URL ?? "",
    clientCertificates: readClientCertificates(env.CLIENT_CERTIFICATES),
    now: () => Date.now(),
    wait: (ms) => scheduler.wait(ms),
    random: randomBytes,
    callbackSecrets: new IsolateCache(5_000),
    keys: new IsolateCache(10_000),
    catalogs: new IsolateCache(1_000),
    manifests: new IsolateCache(1_000),
    references: new IsolateCache(5_000),
    projectedAt: new IsolateCache(5_000),
    plans: new IsolateCache(500),
  };
}

/*
 * The platform Worker. Everything is built on the first event of an isolate: in module scope there is no I/O, no
 * randomness and no time.
 */
let ports: Ports | undefined;
let app: ReturnType<typeof createApp> | undefined;

function portsFor(env: Env): Ports {
  ports ??= portsOf(env);
  return ports;
}

/** What the triggers objects call to start executions. Not reachable from outside of this Worker. */
export class TriggerStarts extends WorkerEntrypoint<Env> implements TriggerStartsRpc {
  async start(owner: Owner, firings: Firing[]): Promise<FiringOutcome[]> {
    return startFirings(portsFor(this.env), owner, firings, (task) => this.ctx.waitUntil(task));
  }
}

/** What the campaigns objects call to act on executions. Not reachable from outside of this Worker. */
export class CampaignSteps extends WorkerEntrypoint<Env> implements CampaignStepsRpc {
  async step(order: CampaignOrder, executionIds: string[]): Promise<CampaignOutcome[]> {
    return stepCampaign(portsFor(this.env), order, executionIds, (task) => this.ctx.waitUntil(task));
  }
}

/** What the tenant objects call to make copies of connections as their rows are. Not reachable from outside of this Worker. */
export class ConnectionCopies extends WorkerEntrypoint<Env> implements ConnectionCopiesRpc {
  async settle(owner: Owner, writes: ConnectionWrite[]): Promise<void> {
    await settleCopies(portsFor(this.env), owner, writes);
  }
}

export default {
  fetch(request, env, ctx) {
    if (isHookAddress(request.url)) return receive(request, portsFor(env), ctx);
    app ??= createApp(portsFor(env));
    return app.fetch(request, env, ctx);
  },
  queue(batch, env, ctx) {
    return consumeOutbox(batch, portsFor(env), (task) => ctx.waitUntil(task));
  },
  scheduled(_event, env) {
    return sweep(portsFor(env));
  },
} satisfies ExportedHandler<Env, OutboxHint>;
