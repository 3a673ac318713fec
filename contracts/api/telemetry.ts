import * as z from "zod";
import { cleanText } from "../clean-text.ts";
import { timestamp } from "./json-values.ts";

/** Headers that a request makes by itself. */
const OWN_HEADERS = new Set([
  "host",
  "content-length",
  "content-type",
  "connection",
  "transfer-encoding",
  "user-agent",
]);

const headers = z
  .record(
    z.string().regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$/, "must be the name of a header."),
    z.string().regex(/^[\t\x20-\x7e\x80-\xff]{1,4000}$/, "must be the value of a header."),
  )
  .refine((all) => Object.keys(all).length <= 20, "must be at most 20 headers.")
  .refine(
    (all) => Object.keys(all).every((name) => !OWN_HEADERS.has(name.toLowerCase())),
    "must not set what a request makes by itself.",
  );

export const telemetryBody = z
  .strictObject({
    endpoint: cleanText(2_000).meta({
      description: "Base URL of an OTLP/HTTP collector: `/v1/traces` and `/v1/metrics` are added.",
    }),
    headers: headers.optional().meta({ description: "Sent with each request, and never shown again." }),
    traces: z.boolean().optional(),
    metrics: z.boolean().optional(),
  })
  .meta({
    id: "PutTelemetry",
    example: { endpoint: "https://otlp.example.com", headers: { authorization: "Bearer token" }, traces: true },
  });
export type TelemetryBody = z.infer<typeof telemetryBody>;

export const telemetryView = z
  .strictObject({
    endpoint: z.string(),
    header_names: z.array(z.string()),
    traces: z.boolean(),
    metrics: z.boolean(),
    created_at: timestamp,
    updated_at: timestamp,
    pending: z.int().meta({ description: "Traces that are to be sent." }),
    dropped: z.int().meta({ description: "Traces that were given up." }),
    sent_at: timestamp.nullable(),
    last_error: z.string().nullable(),
  })
  .meta({ id: "Telemetry" });
export type TelemetryView = z.infer<typeof telemetryView>;

export const telemetryDeleted = z.strictObject({ status: z.literal("deleted") }).meta({ id: "TelemetryDeleted" });
