import * as z from "zod";
import { cleanText } from "../clean-text.ts";
import { ENDPOINT_DISABLED, isEventFilter, isSubscription, WEBHOOK_TEST } from "../event-types.ts";
import { executionId } from "./executions.ts";
import { timestamp } from "./json-values.ts";
import { pageOf, pageQuery } from "./pages.ts";

const url = z.string().max(2_000).meta({ example: "https://hooks.example.com/smartify" });
const description = z.string().max(500);
const eventTypes = z
  .array(
    z
      .string()
      .refine(
        isSubscription,
        `must be a type of event, a family such as "workflow.*", "${ENDPOINT_DISABLED}", or "*" for all.`,
      ),
  )
  .min(1)
  .max(50)
  .meta({ example: ["workflow.completed", "workflow.failed", "step.*"] });
const ordered = z.boolean().meta({
  description: "An execution's next event waits until the one before it was delivered or given up.",
});

export const createEndpointBody = z
  .strictObject({
    url,
    description: description.optional(),
    event_types: eventTypes,
    ordered: ordered.optional(),
    enabled: z.boolean().optional(),
  })
  .meta({ id: "CreateWebhookEndpoint" });
export type CreateEndpointBody = z.infer<typeof createEndpointBody>;

export const changeEndpointBody = z
  .strictObject({
    url: url.optional(),
    description: description.optional(),
    event_types: eventTypes.optional(),
    ordered: ordered.optional(),
    enabled: z.boolean().optional().meta({ description: "`true` also forgets why it was disabled." }),
  })
  .meta({ id: "ChangeWebhookEndpoint" });
export type ChangeEndpointBody = z.infer<typeof changeEndpointBody>;

export const webhookEndpoint = z
  .strictObject({
    id: z.string(),
    url,
    description,
    event_types: eventTypes,
    ordered,
    enabled: z.boolean(),
    disabled_reason: z
      .enum(["gone", "failing"])
      .nullable()
      .meta({ description: "`gone`: it answered 410. `failing`: nothing but failures for five days." }),
    failing_since: timestamp.nullable().meta({ description: "Since when every attempt has failed." }),
    created_at: timestamp,
    updated_at: timestamp,
  })
  .meta({ id: "WebhookEndpoint" });
export type WebhookEndpointView = z.infer<typeof webhookEndpoint>;
export const webhookEndpointPage = pageOf(webhookEndpoint).meta({ id: "WebhookEndpointPage" });

const secret = z.string().meta({
  description: "`whsec_` and 32 random bytes in base64: what any Standard Webhooks library verifies with.",
  example: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw1c7mRzYt9Bk=",
});

export const webhookEndpointWithSecret = webhookEndpoint.extend({ secret }).meta({ id: "WebhookEndpointWithSecret" });
export type EndpointSecretView = z.infer<typeof webhookEndpointWithSecret>;

export const callbackSecret = z.strictObject({ secret }).meta({ id: "WebhookSecret" });

export const rotatedSecret = z
  .strictObject({
    secret,
    old_valid_until: timestamp.meta({ description: "Until then the old secret signs beside the new one." }),
  })
  .meta({ id: "RotatedWebhookSecret" });
export type RotatedSecretView = z.infer<typeof rotatedSecret>;

export const deletedEndpoint = z
  .strictObject({ status: z.literal("deleted"), id: z.string() })
  .meta({ id: "DeletedWebhookEndpoint" });

const deliveryStatus = z.enum(["pending", "delivered", "failed"]);

export const webhookDelivery = z
  .strictObject({
    id: z.string(),
    webhook_id: z.string().meta({
      description: "The `webhook-id` header: the same in every attempt and resend.",
      example: "exec_06c2x5r1y8000zq3v7k1m9e2w4t6b8d0a1c3f5h7:1:workflow.completed",
    }),
    endpoint_id: z.string().nullable().meta({ description: "Null: the `callback_url` of an execution." }),
    url: z.string(),
    event_type: z.string(),
    execution_id: executionId.nullable(),
    status: deliveryStatus,
    reason: z.string().nullable().meta({
      description:
        "Why it failed: exhausted, gone, egress, backlog, endpoint_disabled or endpoint_deleted. Null otherwise.",
    }),
    attempts: z.int(),
    next_attempt_at: timestamp.nullable(),
    created_at: timestamp,
    finished_at: timestamp.nullable(),
  })
  .meta({ id: "WebhookDelivery" });
export type DeliveryView = z.infer<typeof webhookDelivery>;
export const webhookDeliveryPage = pageOf(webhookDelivery).meta({ id: "WebhookDeliveryPage" });

const message = { headers: z.record(z.string(), z.string()), body: z.string(), truncated: z.boolean() };

export const webhookDeliveryDetail = webhookDelivery
  .extend({
    request: z
      .strictObject({ method: z.literal("POST"), ...message })
      .meta({ description: "The same in every attempt, but for time and signature, which are not shown." }),
    log: z.array(
      z.strictObject({
        number: z.int(),
        at: timestamp,
        url: z.string(),
        elapsed_ms: z.number(),
        response: z.strictObject({ status: z.int(), ...message }).nullable(),
        error: z
          .strictObject({ kind: z.enum(["egress", "timeout", "connection", "secret"]), message: z.string() })
          .nullable(),
      }),
    ),
  })
  .meta({ id: "WebhookDeliveryDetail" });
export type DeliveryDetailView = z.infer<typeof webhookDeliveryDetail>;

export const deliveriesQuery = z.strictObject({
  endpoint: cleanText(200).optional().meta({ description: "Id of an endpoint." }),
  execution: cleanText(200).optional(),
  status: deliveryStatus.optional(),
  event_type: z
    .string()
    .refine((type) => isEventFilter(type) || type === ENDPOINT_DISABLED || type === WEBHOOK_TEST, "is not known.")
    .optional(),
  ...pageQuery,
});
export type DeliveryListQuery = z.infer<typeof deliveriesQuery>;

export const resendBody = z
  .strictObject({
    since: z.iso.datetime({ offset: true, error: "must be a time in ISO 8601." }),
    status: z.enum(["failed"]).optional().meta({ description: "Only those that failed; absent: all." }),
  })
  .meta({ id: "ResendWebhooks", example: { since: "2026-11-20T00:00:00Z" } });
export type ResendBody = z.infer<typeof resendBody>;

export const resent = z
  .strictObject({
    resent: z.int().meta({ description: "How many are sent again: about 10,000 at once, the oldest first." }),
    has_more: z.boolean(),
    next_since: z.string().nullable().meta({ description: "The `since` that goes on with the rest; null at the end." }),
  })
  .meta({ id: "ResentWebhooks", example: { resent: 3, has_more: false, next_since: null } });
export type ResentView = z.infer<typeof resent>;
