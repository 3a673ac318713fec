import { Webhook } from "standardwebhooks";
import type { EgressPolicy } from "../../../connectors/egress/egress.ts";
import { mayDial } from "../../../connectors/egress/may-dial.ts";
import { webhookEgress } from "../../../connectors/egress/webhook-egress.ts";
import { retryAfterMs } from "../../../connectors/handlers/http/retry-after.ts";
import { Masker } from "../../../connectors/mask.ts";
import type { WebhookAnswer, WebhookFault, WebhookRequest } from "../../../contracts/webhook-delivery.ts";
import { open } from "../../../vault/vault.ts";
import { readBeginning } from "./read-beginning.ts";

const TIMEOUT_MS = 15_000;
/** What is kept of an answer. */
const KEPT_BYTES = 16_384;
const KEPT_HEADERS = ["content-type", "retry-after", "location", "server", "date"];
const LONGEST_HEADER = 500;

export interface WebhookDeps {
  masterKey: string;
  policy: EgressPolicy;
  fetch: typeof fetch;
  now(): number;
  /** 15 s, where nobody says otherwise. */
  timeoutMs?: number;
}

function fault(kind: WebhookFault, message: string, elapsedMs: number): WebhookAnswer {
  return { status: null, fault: kind, message, headers: {}, body: "", truncated: false, elapsedMs };
}

/** One attempt by Standard Webhooks: signed with every valid secret, one POST, no redirects. */
export async function deliverWebhook(request: WebhookRequest, deps: WebhookDeps): Promise<WebhookAnswer> {
  const begun = deps.now();
  const verdict = webhookEgress(request.url, deps.policy);
  if (!verdict.ok) return fault("egress", `The request is not allowed: ${verdict.reason}`, 0);
  const masker = new Masker();
  let headers: Record<string, string>;
  try {
    headers = await signedHeaders(request, deps, masker);
  } catch {
    return fault("secret", "The signing secret does not open", 0);
  }
  const signal = AbortSignal.timeout(deps.timeoutMs ?? TIMEOUT_MS);
  const dial = await mayDial(verdict, deps.policy, signal);
  if (!dial.ok) {
    const elapsedMs = deps.now() - begun;
    if (dial.kind === "refused") return fault("egress", `The request is not allowed: ${dial.reason}`, elapsedMs);
    return fault("connection", `The receiver could not be reached: ${dial.reason}`, elapsedMs);
  }
  try {
    const init = { method: "POST", headers, body: request.body, redirect: "manual", signal } as const;
    const response = await deps.fetch(verdict.dial.href, init);
    const { text, truncated } = await readBeginning(response, KEPT_BYTES);
    const wait = retryAfterMs(response.headers.get("retry-after") ?? undefined, deps.now());
    return {
      status: response.status,
      headers: keptHeaders(response, masker),
      body: truncated ? masker.beginning(text) : masker.text(text),
      truncated,
      ...(wait === undefined ? {} : { retryAfterMs: wait }),
      elapsedMs: deps.now() - begun,
    };
  } catch {
    const elapsedMs = deps.now() - begun;
    if (signal.aborted) return fault("timeout", "No answer in time", elapsedMs);
    return fault("connection", "The receiver could not be reached", elapsedMs);
  }
}

async function signedHeaders(
  { tenantId, id, body, secrets }: WebhookRequest,
  { masterKey, now }: WebhookDeps,
  masker: Masker,
): Promise<Record<string, string>> {
  const at = new Date(now());
  const signatures: string[] = [];
  for (const { place, sealed } of secrets) {
    const secret = await open(masterKey, { tenantId, purpose: "webhook", id: place }, sealed);
    const signature = new Webhook(secret).sign(id, at, body);
    // A receiver that echoes its request must not put either into the delivery log.
    masker.add(secret);
    masker.add(secret.replace(/^whsec_/, ""));
    masker.add(signature.replace(/^v1,/, ""));
    signatures.push(signature);
  }
  if (signatures.length === 0) throw new Error("there is no secret to sign with");
  return {
    "content-type": "application/json",
    "user-agent": "Smartify-Webhooks/1.0",
    "webhook-id": id,
    "webhook-timestamp": String(Math.floor(at.getTime() / 1_000)),
    "webhook-signature": signatures.join(" "),
  };
}

function keptHeaders(response: Response, masker: Masker): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const name of KEPT_HEADERS) {
    const value = response.headers.get(name);
    if (value !== null) kept[name] = masker.text(value).slice(0, LONGEST_HEADER);
  }
  return kept;
}
