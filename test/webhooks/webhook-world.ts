import { createHmac } from "node:crypto";
import { Webhook as StandardWebhook } from "standardwebhooks";
import { Webhook as SvixWebhook } from "svix";
import { checkedClient } from "../api/checked-client.ts";
import { startTestPlatform, type TestPlatform } from "../support/test-platform.ts";
import { type ReceivedCall, ScriptedService } from "../outside/scripted-service.ts";

/** A platform and a receiver that it knows as `hooks.test`. */
export interface WebhookWorld {
  platform: TestPlatform;
  receiver: ScriptedService;
  stop(): Promise<void>;
}

export async function startWorld(): Promise<WebhookWorld> {
  const receiver = await ScriptedService.start(0);
  const platform = await startTestPlatform({ hosts: { "hooks.test": `127.0.0.1:${receiver.port}` }, services: false });
  const stop = async (): Promise<void> => {
    await platform.close();
    await receiver.stop();
  };
  return { platform, receiver, stop };
}

export interface Reply {
  status: number;
  // biome-ignore lint/suspicious/noExplicitAny: what tests look into
  body: any;
}

/** Speaks to the platform with a key, and believes no answer that `/openapi.json` does not describe. */
export function callerOf(platform: TestPlatform, apiKey = platform.tenant.apiKey) {
  const client = checkedClient(platform.url);
  return async (method: string, path: string, json?: unknown): Promise<Reply> => {
    const { status, body } = await (await client)(apiKey, method, path, json === undefined ? {} : { body: json });
    return { status, body };
  };
}

/** What arrived at a path, once there are so many. */
export async function arrived(
  receiver: ScriptedService,
  path: string,
  count: number,
  seconds = 15,
): Promise<ReceivedCall[]> {
  for (const end = Date.now() + seconds * 1_000; Date.now() < end; ) {
    if (receiver.calls(path).length >= count) break;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return receiver.calls(path);
}

/** Looks until it holds. */
export async function eventually(look: () => Promise<boolean>, seconds = 15): Promise<void> {
  for (const end = Date.now() + seconds * 1_000; !(await look()) && Date.now() < end; )
    await new Promise((resolve) => setTimeout(resolve, 50));
}

export function headersOf(call: ReceivedCall | undefined): Record<string, string> {
  const names = ["webhook-id", "webhook-timestamp", "webhook-signature"];
  return Object.fromEntries(names.map((name) => [name, String(call?.headers[name])]));
}

/** What the libraries of Standard Webhooks and of Svix, and the words of the specification, say of a delivery. */
export function verdicts(secret: string, body: string, headers: Record<string, string>): string[] {
  const verdict = (verify: () => unknown): string => {
    try {
      verify();
      return "good";
    } catch {
      return "refused";
    }
  };
  return [
    verdict(() => new StandardWebhook(secret).verify(body, headers)),
    verdict(() => new SvixWebhook(secret).verify(body, headers)),
    verdict(() => verifyByHand(secret, body, headers)),
  ];
}

export const GOOD = ["good", "good", "good"];
export const REFUSED = ["refused", "refused", "refused"];

/** HMAC-SHA-256 over `id.timestamp.body` under the decoded secret, and a timestamp of the last five minutes. */
function verifyByHand(secret: string, body: string, headers: Record<string, string>): void {
  const { "webhook-id": id, "webhook-timestamp": at, "webhook-signature": signatures = "" } = headers;
  if (Math.abs(Date.now() / 1_000 - Number(at)) > 300) throw new Error("old");
  const key = Buffer.from(secret.slice("whsec_".length), "base64");
  const expected = `v1,${createHmac("sha256", key).update(`${id}.${at}.${body}`).digest("base64")}`;
  if (!signatures.split(" ").includes(expected)) throw new Error("no signature fits");
}
