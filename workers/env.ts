import type { OAuthRpc } from "../contracts/oauth-rpc.ts";
import type { TelemetrySenderRpc } from "../contracts/telemetry.ts";
import type { OutboxHint } from "../contracts/outbox-hint.ts";
import type { SocketDoor } from "./stream-platform.ts";
import type { CampaignsRpc } from "../contracts/campaigns-rpc.ts";
import type { HttpPluginRpc } from "../contracts/http-plugin-rpc.ts";
import type { CoordinatorRpc, PluginRpc, TaskFinisherRpc, TenantRpc } from "../contracts/rpc.ts";
import type { InstanceProbeRpc, ServicesRpc } from "../contracts/services-rpc.ts";
import type { ToolListRpc } from "../contracts/mcp-rpc.ts";
import type { TaskTokenRpc } from "../contracts/task-rpc.ts";
import type { TriggersRpc } from "../contracts/triggers-rpc.ts";
import type { WebhooksRpc } from "../contracts/webhooks-rpc.ts";

/*
 * A namespace as this Worker uses it: by name, through an RPC face. Written out, because the generated types of the
 * platform wrap every answer and lose the unions.
 */
export interface ObjectNamespace<Rpc> {
  idFromName(name: string): unknown;
  getByName(name: string): Rpc;
}

/** Bindings of the platform Worker. Only `main.ts` reads them. */
export interface Env {
  COORDINATOR: ObjectNamespace<CoordinatorRpc & SocketDoor>;
  RELAY: ObjectNamespace<SocketDoor>;
  TENANT: ObjectNamespace<TenantRpc>;
  TRIGGERS: ObjectNamespace<TriggersRpc>;
  SERVICES: ObjectNamespace<ServicesRpc>;
  CAMPAIGNS: ObjectNamespace<CampaignsRpc>;
  TASK_TOKENS: ObjectNamespace<TaskTokenRpc>;
  FEED: ObjectNamespace<WebhooksRpc & SocketDoor>;
  TOOLBOX_PLUGIN: PluginRpc;
  HTTP_PLUGIN: HttpPluginRpc & OAuthRpc & TelemetrySenderRpc & InstanceProbeRpc & TaskFinisherRpc & ToolListRpc;
  CODE_PLUGIN: PluginRpc;
  OUTBOX: Queue<OutboxHint>;
  /** Archived executions; only the coordinator objects read it. */
  OBJECTS: R2Bucket;
  DATABASE_URL: string;
  /** Base64 of 32 bytes: signs execution ids. */
  EXECUTION_ID_KEY: string;
  /** Base64 of 32 bytes: wraps the tenants' data keys. */
  MASTER_KEY: string;
  /** JSON Web Key Set of Ed25519 keys, the first of which signs receipts; without it there are none. */
  RECEIPT_KEYS?: string;
  ENVIRONMENT_NAME: "development" | "staging" | "production";
  PUBLIC_URL?: string;
  /** JSON: whose the client certificates are that the http plugin Worker has; the same as there. */
  CLIENT_CERTIFICATES?: string;
  /** Development only: `host:port` of the local Postgres front. */
  NEON_LOCAL?: string;
  /** Development only: host names that stand for local services. */
  DEVELOPMENT_HOSTS?: string;
  /** Lets scripts create tenants by `POST /internal/tenants`; the route does not exist without it. */
  BOOTSTRAP_TOKEN?: string;
  /** Milliseconds that a reader of a stream may take for 64 KiB of it, where they are not to be 30,000. */
  STREAM_DRAIN_MS?: string;
  /** Steps that an execution may open: "1" to "100000", where it is not to be 10,000. */
  STEP_LIMIT?: string;
  /** JSON: limits of this deployment that differ from `contracts/limits.ts`. */
  DEFAULT_LIMITS?: string;
  /** Milliseconds between two probes of a service's instance, where they are not to be 30,000. */
  SERVICE_PROBE_MS?: string;
}
