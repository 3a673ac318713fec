import * as z from "zod";
import { RUN_STATUSES } from "../../engine/run/types.ts";
import { executionId } from "./executions.ts";
import { timestamp } from "./json-values.ts";
import { executionEvent, sequence } from "./streams.ts";

const hash = z.string().meta({ example: "5f0c…", description: "SHA-256, lower-case hex." });

export const executionReceipt = z
  .strictObject({
    format: z.literal("receipt/v1"),
    execution_id: executionId,
    workflow: z.strictObject({ slug: z.string(), version: z.string() }),
    run_attempt: z.int(),
    status: z.enum(RUN_STATUSES).meta({ description: "With the last event. Not an end: more events may come." }),
    events: z.int().meta({ description: "It covers the events 1 to this." }),
    head: hash.meta({ description: "`hash` of the last of them." }),
    signed_at: timestamp,
    key_id: z.string().meta({ description: "`kid` of a key at `/.well-known/receipt-keys.json`." }),
    signature: z.string().meta({ description: "Ed25519, base64url." }),
  })
  .meta({ id: "Receipt", description: "The signed head of an execution's log." });

export const history = z
  .strictObject({
    execution_id: executionId,
    data: z.array(
      executionEvent.extend({
        hash: hash.meta({ description: "Of the log up to and with this event: it follows from those before." }),
      }),
    ),
    last: z.int().meta({ description: "Where there is more, ask on with `after` set to this." }),
    has_more: z.boolean(),
    receipt: executionReceipt.nullable().meta({
      description:
        "Of the whole log, with the page that reaches its end; null before, and where the platform has no key.",
    }),
  })
  .meta({ id: "History" });

const limit = z
  .string()
  .regex(/^\d{1,4}$/, "must be a number from 1 to 1000.")
  .transform(Number)
  .refine((count) => count >= 1 && count <= 1_000, "must be a number from 1 to 1000.")
  .optional()
  .meta({ type: "integer", minimum: 1, maximum: 1_000, description: "How many events at most; 1,000 when absent." });

/** `GET …/{id}/history`. */
export const historyQuery = z.strictObject({ after: sequence, limit });

/** `/.well-known/receipt-keys.json`: RFC 7517, RFC 8037. */
export const receiptKeys = z
  .strictObject({
    keys: z.array(
      z.strictObject({
        kty: z.literal("OKP"),
        crv: z.literal("Ed25519"),
        x: z.string(),
        kid: z.string(),
        alg: z.literal("EdDSA"),
        use: z.literal("sig"),
      }),
    ),
  })
  .meta({ id: "ReceiptKeys" });
