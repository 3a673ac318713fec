import { withoutUndefined } from "../definition/block-reader.ts";
import { durationMs } from "../definition/duration.ts";
import { isObject, type Json, type JsonObject } from "../json.ts";

/** What happens to a due time while the execution of the one before still goes on. */
export const OVERLAPS = ["allow", "skip", "queue", "cancel_running"] as const;
export type Overlap = (typeof OVERLAPS)[number];

export const HMAC_STYLES = ["github", "stripe", "slack", "standard-webhooks", "plain"] as const;
export type HmacStyle = (typeof HMAC_STYLES)[number];

/** How callers of a webhook prove who they are. */
export type HookAuth =
  | { type: "hmac-sha256"; secretName: string; header: string; style: HmacStyle; signs: "body" | "timestamp.body" }
  | { type: "bearer"; secretName: string; header: string; scheme: string };

/** So many in each period; more of a key wait (`throttle`) or are dropped (`rateLimit`). */
export interface Pace {
  limit: number;
  periodMs: number;
  key?: Json;
}

export interface ScheduleSpec {
  type: "schedule";
  cron: string;
  timezone: string;
  overlap: Overlap;
  /** Due times that were missed and are made up for, the latest so many. */
  backfill: number;
}

export interface WebhookSpec {
  type: "webhook";
  /** Without a leading slash. */
  path: string;
  methods: string[];
  auth?: HookAuth;
  allowedNetworks: string[];
  replayWindowMs?: number;
  timestampHeader?: string;
  maxPayloadBytes: number;
  rate?: { perMinute: number; burst: number };
  /** Which header names a delivery, where it is none of the known ones. */
  deliveryHeader?: string;
  /** The caller waits for the end, so long. */
  respondWithinMs?: number;
}

export interface EventSpec {
  type: "event";
  /** Absent: from anywhere. */
  source?: string;
  topic: string;
  filter: JsonObject;
  batch?: { maxSize: number; timeoutMs: number; key?: Json };
  debounce?: { periodMs: number; timeoutMs: number; key?: Json };
  throttle?: Pace;
  rateLimit?: Pace;
}

/** A trigger with its defaults filled in, as the platform acts on it. Plain JSON. */
export type TriggerSpec = ScheduleSpec | WebhookSpec | EventSpec | { type: "manual" };

/** Backfill without a bound of its own. */
const DEFAULT_BACKFILL = 100;
export const MOST_BACKFILL = 1_000;
/** Payload inline (section 15): no hook takes more, whatever it says. */
const MOST_PAYLOAD_BYTES = 1_048_576;
const DEFAULT_BATCH_MS = 10_000;
const DEFAULT_RESPONSE_MS = 30_000;
/** A debounce that is kept off for ever fires after this. */
const DEFAULT_DEBOUNCE_MS = 7 * 86_400_000;

const STYLE_HEADERS: Readonly<Record<Exclude<HmacStyle, "plain">, string>> = {
  github: "x-hub-signature-256",
  stripe: "stripe-signature",
  slack: "x-slack-signature",
  "standard-webhooks": "webhook-signature",
};

/** A trigger as `readTrigger` accepted it → what the platform acts on. */
export function triggerSpec(trigger: JsonObject): TriggerSpec {
  switch (trigger.type) {
    case "schedule":
      return {
        type: "schedule",
        cron: text(trigger.cron),
        timezone: textOr(trigger.timezone, "UTC"),
        overlap: OVERLAPS.find((word) => word === trigger.overlap) ?? "allow",
        backfill: backfillOf(trigger.backfill),
      };
    case "webhook":
      return webhookSpec(trigger);
    case "event":
      return eventSpec(trigger);
    default:
      return { type: "manual" };
  }
}

function backfillOf(value: Json | undefined): number {
  if (value === true) return DEFAULT_BACKFILL;
  return isObject(value) && typeof value.max === "number" ? value.max : 0;
}

function webhookSpec(trigger: JsonObject): WebhookSpec {
  const security = objectOr(trigger.security);
  const rate = objectOr(security.rateLimit);
  const respond = objectOr(trigger.respond);
  const rpm = numberOr(rate.rpm, 0);
  const written = trigger.method ?? "POST";
  const methods = (Array.isArray(written) ? written : [written]).map((method) => text(method).toUpperCase());
  const window = security.replayWindow === undefined ? undefined : ms(security.replayWindow, 0);
  return withoutUndefined({
    type: "webhook",
    path: hookPath(text(trigger.path)),
    methods,
    auth: authOf(trigger.auth),
    allowedNetworks: listOr(security.ipAllowlist),
    replayWindowMs: window === 0 ? undefined : window,
    timestampHeader: lower(security.timestampHeader),
    maxPayloadBytes: Math.min(numberOr(security.maxPayloadSize, MOST_PAYLOAD_BYTES), MOST_PAYLOAD_BYTES),
    rate: rpm > 0 ? { perMinute: rpm, burst: numberOr(rate.burst, rpm) } : undefined,
    deliveryHeader: lower(objectOr(trigger.idempotency).header),
    respondWithinMs: respond.mode === "sync" ? ms(respond.timeout, DEFAULT_RESPONSE_MS) : undefined,
  });
}

/** The path as it stands in addresses: without slashes around it. */
export function hookPath(path: string): string {
  return path.replace(/^\/+|\/+$/g, "");
}

function authOf(value: Json | undefined): HookAuth | undefined {
  if (!isObject(value)) return undefined;
  const secretName = text(value.secret_name);
  const header = lower(value.header);
  if (value.type === "bearer") {
    const scheme = value.scheme === undefined ? (header === undefined ? "Bearer" : "") : text(value.scheme);
    return { type: "bearer", secretName, header: header ?? "authorization", scheme };
  }
  const style = HMAC_STYLES.find((word) => word === value.style) ?? styleOf(header);
  const signs = value.signs === "timestamp.body" ? "timestamp.body" : "body";
  return {
    type: "hmac-sha256",
    secretName,
    style,
    header: header ?? (style === "plain" ? "x-signature" : STYLE_HEADERS[style]),
    signs,
  };
}

/** By the header alone, where nothing else is said: GitHub's when there is none either. */
function styleOf(header: string | undefined): HmacStyle {
  if (header === undefined) return "github";
  return HMAC_STYLES.find((style) => style !== "plain" && STYLE_HEADERS[style] === header) ?? "plain";
}

function eventSpec(trigger: JsonObject): EventSpec {
  const batch = trigger.batch === undefined ? undefined : objectOr(trigger.batch);
  const debounce = trigger.debounce === undefined ? undefined : objectOr(trigger.debounce);
  return withoutUndefined({
    type: "event",
    source: trigger.source === undefined ? undefined : text(trigger.source),
    topic: text(trigger.topic ?? trigger.event),
    filter: objectOr(trigger.filter),
    batch: batch && {
      maxSize: numberOr(batch.max_size, 100),
      timeoutMs: ms(batch.timeout, DEFAULT_BATCH_MS),
      ...keyed(batch),
    },
    debounce: debounce && {
      periodMs: ms(debounce.period, 0),
      timeoutMs: ms(debounce.timeout, DEFAULT_DEBOUNCE_MS),
      ...keyed(debounce),
    },
    throttle: paceOf(trigger.throttle),
    rateLimit: paceOf(trigger.rate_limit ?? trigger.rateLimit),
  });
}

function paceOf(value: Json | undefined): Pace | undefined {
  return isObject(value)
    ? { limit: numberOr(value.limit, 1), periodMs: ms(value.period, 0), ...keyed(value) }
    : undefined;
}

function keyed({ key }: JsonObject): { key?: Json } {
  return key === undefined || key === null ? {} : { key };
}

function ms(value: Json | undefined, fallback: number): number {
  return (typeof value === "number" || typeof value === "string" ? durationMs(value) : undefined) ?? fallback;
}

/** Text, also of what was written as a number. */
function text(value: Json | undefined): string {
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}

function textOr(value: Json | undefined, fallback: string): string {
  return text(value) || fallback;
}

function lower(value: Json | undefined): string | undefined {
  return text(value).toLowerCase() || undefined;
}

function numberOr(value: Json | undefined, fallback: number): number {
  return typeof value === "number" ? value : fallback;
}

function objectOr(value: Json | undefined): JsonObject {
  return isObject(value) ? value : {};
}

function listOr(value: Json | undefined): string[] {
  const list = Array.isArray(value) ? value : value === undefined || value === null ? [] : [value];
  return list.filter((item) => typeof item === "string");
}
