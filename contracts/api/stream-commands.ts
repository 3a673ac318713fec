import * as z from "zod";
import { cleanText } from "../clean-text.ts";
import { cancelBody, eventBody, messageBody } from "./execution-acts.ts";

/** Given back with the answer, so that a client knows which of its commands it is for. */
const ref = cleanText(100).optional();
const sequence = z.int().min(0);

/** What a client may say on an execution's WebSocket (sections 12 and 20). */
export const streamCommand = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("resume"), after: sequence, ref }),
  z.strictObject({ type: z.literal("ack"), id: sequence }),
  z.strictObject({ type: z.literal("ping"), ref }),
  cancelBody.extend({ type: z.literal("cancel"), ref }),
  eventBody.extend({ type: z.literal("event"), ref }),
  messageBody.extend({ type: z.literal("message"), ref }),
]);

export type StreamCommand = z.infer<typeof streamCommand>;

/** Why a stream's WebSocket was closed. Whoever is closed with another code than `ended` may come back with `after`. */
export const CLOSE = {
  ended: { code: 1000, reason: "the execution is over" },
  restarting: { code: 1012, reason: "resume with after" },
  slow: { code: 1013, reason: "too slow: resume with after" },
  revoked: { code: 4401, reason: "the key was revoked" },
} as const;
