import type { EgressPolicy } from "../../../connectors/egress/egress.ts";
import { mayDial } from "../../../connectors/egress/may-dial.ts";
import { webhookEgress } from "../../../connectors/egress/webhook-egress.ts";
import { retryAfterMs } from "../../../connectors/handlers/http/retry-after.ts";
import { Masker } from "../../../connectors/mask.ts";
import type { TelemetryAnswer, TelemetryRequest } from "../../../contracts/telemetry.ts";
import { open } from "../../../vault/vault.ts";
import { readBeginning } from "./read-beginning.ts";

const TIMEOUT_MS = 10_000;
const KEPT_BYTES = 500;
/** Statuses after which OTLP/HTTP wants the same sent again. */
const RETRYABLE: ReadonlySet<number> = new Set([429, 502, 503, 504]);

export interface TelemetryDeps {
  masterKey: string;
  policy: EgressPolicy;
  fetch: typeof fetch;
  now(): number;
}

/** One attempt to hand telemetry to a tenant's collector: one POST, no redirects, by the egress rules. */
export async function sendTelemetry(request: TelemetryRequest, deps: TelemetryDeps): Promise<TelemetryAnswer> {
  const verdict = webhookEgress(request.url, deps.policy);
  if (!verdict.ok) return refused(`the request is not allowed: ${verdict.reason}`, false);
  const masker = new Masker();
  let headers: Record<string, string>;
  try {
    headers = await openHeaders(request, deps.masterKey, masker);
  } catch {
    return refused("the headers do not open", false);
  }
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const dial = await mayDial(verdict, deps.policy, signal);
  if (!dial.ok) {
    if (dial.kind === "refused") return refused(`the request is not allowed: ${dial.reason}`, false);
    return refused(`the collector could not be reached: ${dial.reason}`, true);
  }
  try {
    const init = { method: "POST", headers, body: request.body, redirect: "manual", signal } as const;
    const response = await deps.fetch(verdict.dial.href, init);
    const { text, truncated } = await readBeginning(response, KEPT_BYTES);
    if (response.status >= 200 && response.status < 300) return { status: response.status, retryable: false };
    return {
      status: response.status,
      message: `the collector answered ${response.status}: ${truncated ? masker.beginning(text) : masker.text(text)}`,
      retryable: RETRYABLE.has(response.status),
      retryAfterMs: retryAfterMs(response.headers.get("retry-after") ?? undefined, deps.now()),
    };
  } catch {
    return refused(
      signal.aborted ? `no answer within ${TIMEOUT_MS / 1_000} s` : "the collector could not be reached",
      true,
    );
  }
}

function refused(message: string, retryable: boolean): TelemetryAnswer {
  return { status: null, message, retryable };
}

async function openHeaders(
  { tenantId, environment, sealedHeaders }: TelemetryRequest,
  masterKey: string,
  masker: Masker,
): Promise<Record<string, string>> {
  const own = { "content-type": "application/json", "user-agent": "Smartify-OTLP/1.0" };
  if (sealedHeaders === null) return own;
  const opened = await open(masterKey, { tenantId, purpose: "telemetry", id: environment }, sealedHeaders);
  const headers: Record<string, string> = JSON.parse(opened);
  // A collector that echoes its request must not put them into what is shown.
  for (const value of Object.values(headers)) for (const part of [value, ...value.split(" ")]) masker.add(part);
  return { ...headers, ...own };
}
