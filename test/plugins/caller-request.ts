import type { CallContext, TenantRpc } from "../../contracts/rpc.ts";
import type { ActionCall } from "../../engine/run/types.ts";

/** What the test asks of the Worker `test/workers/caller.ts`. */
export type CallerRequest =
  | { kind: "invoke"; calls: ActionCall[]; context: CallContext }
  | { kind: "connection"; tenant: string; connection: Parameters<TenantRpc["putConnection"]>[0] }
  | { kind: "secret"; tenant: string; name: string; sealed: string };
