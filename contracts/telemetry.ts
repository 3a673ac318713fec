import type { Environment } from "./execution.ts";

/** One OTLP/HTTP request: from the platform Worker to the http plugin Worker, which alone opens secrets and reaches the outside. */
export interface TelemetryRequest {
  tenantId: string;
  environment: Environment;
  url: string;
  /** JSON of the headers by name, sealed for `{tenantId, purpose: "telemetry", id: environment}`; null for none. */
  sealedHeaders: string | null;
  /** JSON. */
  body: string;
}

export interface TelemetryAnswer {
  /** Null without an answer. */
  status: number | null;
  /** For people, where it was not taken; nothing secret. */
  message?: string;
  /** Trying again may help. */
  retryable: boolean;
  retryAfterMs?: number;
}

/** The http plugin Worker as the exporter sees it. Never throws for a receiver's fault. */
export interface TelemetrySenderRpc {
  sendTelemetry(request: TelemetryRequest): Promise<TelemetryAnswer>;
}
