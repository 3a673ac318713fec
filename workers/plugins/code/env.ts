import type { CodeGateRpc } from "../../../contracts/code-gate-rpc.ts";
import type { SandboxRpc } from "../../../contracts/code-sandbox-rpc.ts";
import type { CoordinatorRpc, TenantRpc } from "../../../contracts/rpc.ts";
import type { PlacesRpc } from "../../../contracts/services-rpc.ts";
import type { IsolateLoader } from "../isolate/load-isolate.ts";

/** Bindings of the code plugin. Nothing that it runs reaches them. */
export interface Env {
  /** Makes the isolates of isolated executions, for transforms. */
  LOADER: IsolateLoader;
  /** Runs published modules: locally a process of its own, which a watchdog ends when it is stuck. */
  SANDBOX: SandboxRpc;
  /** The http plugin, where their requests go out. */
  HTTP_PLUGIN: CodeGateRpc;
  TENANT: { getByName(name: string): Pick<TenantRpc, "codeModules"> };
  COORDINATOR: { getByName(name: string): Pick<CoordinatorRpc, "report"> };
  SERVICES: { getByName(name: string): PlacesRpc };
  /** Development only: says why it ended the sandbox. */
  SANDBOX_WATCHDOG?: Fetcher;
  /** Development only: milliseconds after which the watchdog ends a sandbox that does not answer. */
  SANDBOX_STUCK_MS?: string;
}
