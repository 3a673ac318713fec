/*
 * OTLP's JSON encoding (opentelemetry-proto, "OTLP/HTTP JSON"): ids are hexadecimal, 64-bit integers are texts, enumerations
 * numbers.
 */

export type OtlpValue =
  | { stringValue: string }
  | { intValue: string }
  | { doubleValue: number }
  | { boolValue: boolean };

export interface OtlpAttribute {
  key: string;
  value: OtlpValue;
}

export interface OtlpSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  /** 1: internal, 2: server, 3: client. */
  kind: 1 | 2 | 3;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  attributes: OtlpAttribute[];
  droppedAttributesCount?: number;
  /** 0: unset, 1: ok, 2: error. */
  status: { code: 0 | 1 | 2; message?: string };
}

/** Attributes; those without a value are left out. */
export function otlpAttributes(
  values: Readonly<Record<string, string | number | boolean | undefined>>,
): OtlpAttribute[] {
  return Object.entries(values).flatMap(([key, value]) =>
    value === undefined ? [] : { key, value: otlpValue(value) },
  );
}

function otlpValue(value: string | number | boolean): OtlpValue {
  if (typeof value === "string") return { stringValue: value };
  if (typeof value === "boolean") return { boolValue: value };
  return Number.isSafeInteger(value) ? { intValue: String(value) } : { doubleValue: value };
}

/** Epoch ms as nanoseconds. */
export function unixNano(ms: number): string {
  return `${Math.round(ms)}000000`;
}

/** Who speaks: the same of spans and metrics. */
export function otlpResource(owner: { tenantId: string; environment: string }) {
  return {
    attributes: otlpAttributes({
      "service.name": "smartify-cloud",
      "deployment.environment.name": owner.environment,
      "smartify.tenant.id": owner.tenantId,
    }),
  };
}

export const OTLP_SCOPE = { name: "smartify-cloud", version: "1" };
