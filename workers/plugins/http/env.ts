import type { DeploymentEgress } from "../../../connectors/egress/deployment-policy.ts";
import type { TenantRpc } from "../../../contracts/rpc.ts";
import type { IsolateLoader } from "../isolate/load-isolate.ts";

/** What decides where a call may go. */
export type PolicyEnv = DeploymentEgress;

/** Bindings of the http plugin. Only `main.ts` reads them. */
export interface Env extends PolicyEnv {
  /** The tenant objects of the platform Worker. */
  TENANT: { getByName(name: string): TenantRpc };
  /** Makes the isolates of isolated executions. */
  LOADER: IsolateLoader;
  /** The keyring that opens connections and secrets (`vault/keyring.ts`). */
  MASTER_KEY: string;
}
