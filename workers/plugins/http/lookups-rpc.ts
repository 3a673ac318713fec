import type { InvokeDeps } from "../../../connectors/invoke.ts";

/** What an isolate may look up: opened values of the one tenant and environment that it works for. */
export interface LookupsRpc {
  findConnection: InvokeDeps["findConnection"];
  secrets: InvokeDeps["secrets"];
  variables: InvokeDeps["env"];
}
