import type { ActionCall } from "../../engine/run/types.ts";
import type { CallIdentity } from "../call-context.ts";
import { setCallHeaders } from "../handlers/http/service-request.ts";

/** The headers that every outgoing call carries (section 8), as a list. */
export function callHeaders(call: ActionCall, identity: CallIdentity): [string, string][] {
  const headers = new Headers();
  setCallHeaders(headers, call, identity);
  return [...headers];
}
