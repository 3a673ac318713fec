import type { TelemetrySenderRpc } from "../contracts/telemetry.ts";
import type { OutboxHint } from "../contracts/outbox-hint.ts";
import type { SocketDoor } from "./stream-platform.ts";
import type { CoordinatorRpc, PluginRpc, TenantRpc } from "../contracts/rpc.ts";
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
  FEED: ObjectNamespace<WebhooksRpc & SocketDoor>;
  TOOLBOX_PLUGIN: PluginRpc;
  HTTP_PLUGIN: PluginRpc & TelemetrySenderRpc;
  CODE_PLUGIN: PluginRpc;
  OUTBOX: Queue<OutboxHint>;
  DATABASE_URL: string;
  /** Base64 of 32 bytes: signs execution ids. */
  EXECUTION_ID_KEY: string;
  /** Base64 of 32 bytes: wraps the tenants' data keys. */
  MASTER_KEY: string;
  ENVIRONMENT_NAME: "development" | "staging" | "production";
  PUBLIC_URL?: string;
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
  /** "1" in the benchmark that measures what metering costs: usage stays in the logs and comes to no ledger. Never in a deployment. */
  BENCH_WITHOUT_METERING?: string;
}
