import type { TenantRpc } from "../../contracts/rpc.ts";

/** What a test asks of the Worker `test/workers/http-caller.ts`. */
export type HttpCallerRequest =
  | { kind: "call"; production: boolean; method: string; args: unknown[] }
  | { kind: "connection"; tenant: string; connection: Parameters<TenantRpc["putConnection"]>[0] };
