import { Webhook as StandardWebhook } from "standardwebhooks";
import { Webhook as SvixWebhook } from "svix";
import { type JsonMap, isMap, parseJson } from "./json.ts";
import type { ReceivedCall } from "./scripted-service.ts";

/** The three headers of Standard Webhooks, as they came. */
export function signedHeaders(call: ReceivedCall): Record<string, string> {
  const names = ["webhook-id", "webhook-timestamp", "webhook-signature"];
  return Object.fromEntries(names.map((name) => [name, String(call.headers[name])]));
}

function verifies(verify: () => unknown): boolean {
  try {
    verify();
    return true;
  } catch {
    return false;
  }
}

/** Whether each of the two public libraries takes a delivery as signed with this secret. */
export function verifiedBy(secret: string, text: string, headers: Record<string, string>): boolean[] {
  return [
    verifies(() => new StandardWebhook(secret).verify(text, headers)),
    verifies(() => new SvixWebhook(secret).verify(text, headers)),
  ];
}

/** The body of a delivery that both libraries take; throws otherwise. */
export function verified(secret: string, call: ReceivedCall | undefined): JsonMap {
  if (call === undefined) throw new Error("nothing was delivered");
  const headers = signedHeaders(call);
  const verdict = verifiedBy(secret, call.text, headers);
  if (verdict.includes(false))
    throw new Error(`${JSON.stringify(verdict)} for ${JSON.stringify(headers)} ${call.text}`);
  const body = parseJson(call.text);
  if (call.method !== "POST" || !isMap(body)) throw new Error(`${call.method} ${call.text}`);
  return body;
}
