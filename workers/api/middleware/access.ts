import type { StreamGrant } from "../../../contracts/stream-token.ts";
import type { Caller } from "../../services/context.ts";

/** By what a request was let in. */
export interface Access {
  caller: Caller;
  /** Of a stream token; null for a key. */
  grant: StreamGrant | null;
  /** False when its key was revoked since: what stays open asks now and then. */
  holds(): Promise<boolean>;
}
