import type { ActionCall } from "../../engine/run/types.ts";
import type { BuiltRequest } from "../handlers/http/direct-request.ts";
import type { Masker } from "../mask.ts";
import type { ServiceCalls } from "./service-calls.ts";

/**
 * Signs a service's request by Standard Webhooks (sections 8 and 20). `webhook-id` is the idempotency key: equal over attempts
 * and crashes, as a receiver that deduplicates by it expects; the timestamp is the attempt's own.
 */
export async function signRequest(
  request: BuiltRequest,
  call: ActionCall,
  services: Pick<ServiceCalls, "sign">,
  masker: Masker,
): Promise<void> {
  const id = request.headers.get("idempotency-key") ?? "";
  if (typeof request.body !== "string") throw new Error("a service's request has a text body");
  const headers = await services.sign(`${call.action.namespace}/${call.action.connector}`, id, request.body);
  for (const [name, value] of Object.entries(headers)) request.headers.set(name, value);
  // A service that echoes its headers must not put it into a log.
  for (const signature of (headers["webhook-signature"] ?? "").split(" ")) masker.add(signature.replace(/^v1,/, ""));
}
