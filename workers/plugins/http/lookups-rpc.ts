import type { InvokeDeps } from "../../../connectors/attempt/invoke-deps.ts";
import type { WantedConnection } from "../../../connectors/wanted-connection.ts";
import type { CallContext } from "../../../contracts/rpc.ts";
import type { CallOutcome } from "../../../contracts/services-rpc.ts";
import type { ActionCall } from "../../../engine/run/types.ts";
import type { ServiceCalls } from "../../../connectors/services/service-calls.ts";

/** What an isolate may look up: opened values of the one tenant and environment that it works for. */
export interface LookupsRpc {
  /** `connector`: `namespace/name@version`, whose call asks: its connection may name secrets. */
  findConnection(query: WantedConnection, connector: string): ReturnType<InvokeDeps["findConnection"]>;
  connectionNames(connector: string): Promise<string[]>;
  connectLink: InvokeDeps["connectLink"];
  secrets(names: string[], connector: string): ReturnType<InvokeDeps["secrets"]>;
  variables(names: string[], connector: string): ReturnType<InvokeDeps["env"]>;
  takeInstance: ServiceCalls["takeInstance"];
  giveBackInstance(lease: string, outcome: CallOutcome): Promise<void>;
  claimTask: ServiceCalls["claimTask"];
  sealRevealed: ServiceCalls["sealRevealed"];
  openRevealed: ServiceCalls["openRevealed"];
  /** How far a call is. */
  report(
    call: Pick<CallContext, "cell" | "executionId"> & Pick<ActionCall, "path" | "attempt">,
    said: { percent?: number; message?: string },
  ): Promise<void>;
  sign: ServiceCalls["sign"];
}
