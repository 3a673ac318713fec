import * as z from "zod";
import { cleanText } from "../clean-text.ts";
import { durationUpTo } from "./durations.ts";
import { jsonValue } from "./json-values.ts";

const LONGEST_TTL_MS = 30 * 86_400_000;

/** `POST /events` (section 20). */
export const keyedEventBody = z
  .strictObject({
    name: cleanText(200),
    key: cleanText(500).optional().meta({
      description:
        "Waits that name this event and this key get it. An event without one starts workflows by their triggers.",
    }),
    id: cleanText(200)
      .optional()
      .meta({ description: "Without a key: an event of the same id starts nothing again, for 24 hours." }),
    source: cleanText(100)
      .optional()
      .meta({ description: "Without a key: where it comes from, for triggers that name a source: api when absent." }),
    payload: jsonValue.optional().meta({ description: "At most 1 MiB as JSON." }),
    ttl: durationUpTo(LONGEST_TTL_MS, "30 days")
      .optional()
      .meta({ description: "How long it is kept when nobody waits for it: 7 days when absent; 0 is not at all." }),
    channel: cleanText(200).optional().meta({ description: "Compared when the wait names one." }),
  })
  .meta({ id: "PublishEvent", example: { name: "payment.received", key: "order-A-17", payload: { amount: 40 } } });

export type KeyedEventBody = z.infer<typeof keyedEventBody>;

export const publishedEvent = z
  .strictObject({
    event_id: z.string().meta({ example: "evt_06c2x5r1y8000zq3v7k1m9e2w4" }),
    delivered: z.int().meta({
      description:
        "With a key: executions that have it by now. One that cannot be reached gets it later; with 0 it is kept.",
    }),
    triggered: z.int().optional().meta({ description: "Without a key: triggers that took it." }),
  })
  .meta({ id: "PublishedEvent" });

export type PublishedEvent = z.infer<typeof publishedEvent>;
