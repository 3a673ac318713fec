import type { EgressPolicy } from "../../connectors/egress/egress.ts";
import type { ConnectorManifest } from "../../connectors/manifest/manifest.ts";
import type { ClientCertificate } from "../../contracts/client-certificates.ts";
import type { OAuthRpc } from "../../contracts/oauth-rpc.ts";
import type { TelemetrySenderRpc } from "../../contracts/telemetry.ts";
import type { Environment } from "../../contracts/execution.ts";
import type { LimitOverrides } from "../../contracts/limits.ts";
import type { TenantSettings } from "../../contracts/quota-rpc.ts";
import type { CoordinatorRpc, KeyRecord, PluginRpc, TenantRpc } from "../../contracts/rpc.ts";
import type { CampaignsRpc } from "../../contracts/campaigns-rpc.ts";
import type { ServicesRpc } from "../../contracts/services-rpc.ts";
import type { StreamTokens } from "../../contracts/stream-token.ts";
import type { WebhooksRpc } from "../../contracts/webhooks-rpc.ts";
import type { ToolListRpc } from "../../contracts/mcp-rpc.ts";
import type { TaskTokenRpc } from "../../contracts/task-rpc.ts";
import type { TaskTokens } from "../../contracts/task-token.ts";
import type { TriggersRpc } from "../../contracts/triggers-rpc.ts";
import type { ReceiptKeys } from "../../receipts/receipt-keys.ts";
import type { Database } from "../database/client.ts";
import type { Catalog } from "./connectors/catalog.ts";
import type { IsolateCache } from "./isolate-cache.ts";
import type { Owner, Placement } from "../../contracts/placement.ts";
import type { AddressLimiter } from "./requests/address-limiter.ts";
import type { RateLimiter } from "./requests/rate-limiter.ts";
import type { StreamPlatform } from "./streams/platform-socket.ts";
import type { PlannedWorkflow, ResolvedReference } from "./workflows/planned-workflow.ts";

/** What the world offers to a verb: everything that `main.ts` builds from bindings, once an isolate. */
export interface Ports {
  readonly database: Database;
  readonly placement: Placement;
  readonly streamTokens: StreamTokens;
  readonly streams: StreamPlatform;
  /** What a reader of a stream may take for a chunk of it. */
  readonly drainMs: number;
  /** Wraps the tenants' data keys. */
  readonly masterKey: string;
  readonly deployment: "development" | "staging" | "production";
  /** Lets scripts create tenants; nobody can without it. */
  readonly bootstrapToken: string | undefined;
  /** Steps that an execution may open, where the deployment says otherwise than the language. */
  readonly stepLimit: number | undefined;
  /** Limits of this deployment that differ from the table's. */
  readonly defaultLimits: LimitOverrides;
  readonly rates: RateLimiter;
  readonly addresses: AddressLimiter;
  /** A new stub at each call: a stub whose object was reset stays broken. */
  cell(name: string): CoordinatorRpc;
  tenant(name: string): TenantRpc;
  feed(name: string): WebhooksRpc;
  /** Where what tenants name may be called. */
  readonly egressPolicy: EgressPolicy;
  /** Names of feed objects that have a secret for callbacks. */
  readonly callbackSecrets: IsolateCache<true>;
  triggers(name: string): TriggersRpc;
  services(name: string): ServicesRpc;
  campaigns(name: string): CampaignsRpc;
  /** What services finish attempts with, later. */
  readonly taskTokens: TaskTokens;
  /** Which of those the tokens stand for that services made themselves. */
  ownTaskTokens(name: string): TaskTokenRpc;
  /** Evaluates transforms in languages that need a sandbox. */
  readonly code: PluginRpc;
  /** Asks MCP servers for their tools. */
  readonly tools: ToolListRpc;
  /** Sends telemetry to tenants' collectors. */
  readonly collector: TelemetrySenderRpc;
  /** Asks OAuth providers, and opens connections. */
  readonly oauth: OAuthRpc;
  /** Runs actions of connectors: a connection's test. */
  readonly http: PluginRpc;
  /** Client certificates that the deployment has, by name. */
  readonly clientCertificates: ReadonlyMap<string, ClientCertificate>;
  /** What receipts are signed with; without them, histories come without a receipt. */
  readonly receiptKeys: ReceiptKeys | undefined;
  /** Our own address, where links lead. */
  readonly publicUrl: string;
  now(): number;
  wait(ms: number): Promise<void>;
  random(count: number): Uint8Array;
  /** Key hash → its record, or null where the key is known to be no good. */
  readonly keys: IsolateCache<KeyRecord | null>;
  /** Connectors that a tenant and environment has published and installed. */
  readonly catalogs: IsolateCache<Catalog>;
  readonly manifests: IsolateCache<ConnectorManifest>;
  /** Reference (`tenant/environment/slug@version`) → what it means. */
  readonly references: IsolateCache<ResolvedReference>;
  /** Tenant object name → time up to which its executions are in the read model. */
  readonly projectedAt: IsolateCache<number>;
  /** Digest → the plan. */
  readonly plans: IsolateCache<PlannedWorkflow>;
}

/** Who asks: a key, with what it may do. */
export interface Caller extends Owner {
  keyId: string;
  tenantId: string;
  environment: Environment;
  scopes: readonly string[];
  roles: readonly string[];
  permissions: readonly string[];
  /** Its tenant's, at most 10 s old. */
  settings?: TenantSettings;
}

/** What every verb gets. */
export interface Context {
  readonly ports: Ports;
  readonly caller: Caller;
  /** Goes on after the answer. */
  background(task: Promise<unknown>): void;
}
