import type { DeploymentEgress } from "../../../connectors/egress/deployment-policy.ts";
import type { CoordinatorRpc, TenantRpc } from "../../../contracts/rpc.ts";
import type { ConnectionRpc } from "../../../contracts/connection-rpc.ts";
import type { TaskTokenRpc } from "../../../contracts/task-rpc.ts";
import type { ServicesRpc } from "../../../contracts/services-rpc.ts";
import type { IsolateLoader } from "../isolate/load-isolate.ts";

/** What decides where a call may go, and by which network. */
export interface PolicyEnv extends DeploymentEgress {
  /** A DNS-over-HTTPS resolver (`application/dns-json`): what every name stands for is asked before it is called. */
  DNS_RESOLVER_URL?: string | undefined;
  /** Where workerd runs by itself: a network that connects to public addresses alone. */
  PUBLIC_NETWORK?: Fetcher | undefined;
  /** Beside it: a network that connects to this machine alone, for the local services of development. */
  LOCAL_NETWORK?: Fetcher | undefined;
}

/** Bindings of the http plugin. Only `main.ts` reads them. */
export interface Env extends PolicyEnv {
  /** The tenant objects of the platform Worker. */
  TENANT: { getByName(name: string): TenantRpc };
  /** The newest tokens of OAUTH2 connections. */
  CONNECTION: { getByName(name: string): ConnectionRpc };
  /** The services objects of the platform Worker. */
  SERVICES: { getByName(name: string): ServicesRpc };
  /** Which attempts the task tokens of services stand for. */
  TASK_TOKENS: { getByName(name: string): TaskTokenRpc };
  /** The coordinator objects: for what a call says while it runs. */
  COORDINATOR: { getByName(name: string): Pick<CoordinatorRpc, "report"> };
  /** Makes the isolates of isolated executions. */
  LOADER: IsolateLoader;
  /** JSON: whose the client certificates are that are bound as `MTLS_<NAME>` (`contracts/client-certificates.ts`). */
  CLIENT_CERTIFICATES?: string;
  /** The keyring that opens connections and secrets (`vault/keyring.ts`). */
  MASTER_KEY: string;
}
