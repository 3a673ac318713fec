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
        "Waits that name this event and this key get it. Events that start workflows come without one, later.",
    }),
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
      description: "Executions that have it by now. One that cannot be reached gets it later; with 0 it is kept.",
    }),
  })
  .meta({ id: "PublishedEvent" });

export type PublishedEvent = z.infer<typeof publishedEvent>;
