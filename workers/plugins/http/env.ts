import type { TenantRpc } from "../../../contracts/rpc.ts";

/** Bindings of the http plugin. Only `main.ts` reads them. */
export interface Env {
  /** The tenant objects of the platform Worker. */
  TENANT: { getByName(name: string): TenantRpc };
  /** The keyring that opens connections and secrets (`vault/keyring.ts`). */
  MASTER_KEY: string;
  ENVIRONMENT_NAME: "development" | "staging" | "production";
  /** Development only: JSON map of host names to local services. */
  DEVELOPMENT_HOSTS?: string;
  PUBLIC_URL?: string;
}
