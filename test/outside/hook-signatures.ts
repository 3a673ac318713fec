import { createHmac } from "node:crypto";
import { Webhook } from "svix";

export interface Signed {
  /** What the platform is told about the auth of the trigger, beside the secret's name. */
  auth: Record<string, string>;
  /** The headers with which such a sender signs a body at a time. */
  sign(secret: string, body: string, at: Date): Record<string, string>;
}

const hex = (secret: string, text: string): string => createHmac("sha256", secret).update(text).digest("hex");
const seconds = (at: Date): number => Math.floor(at.getTime() / 1000);

/** Senders as their documentation has them. */
export const SENDERS: Record<string, Signed> = {
  github: {
    auth: { type: "hmac-sha256", header: "X-Hub-Signature-256" },
    sign: (secret, body) => ({ "X-Hub-Signature-256": `sha256=${hex(secret, body)}` }),
  },
  stripe: {
    auth: { type: "hmac-sha256", header: "Stripe-Signature" },
    sign: (secret, body, at) => ({
      "Stripe-Signature": `t=${seconds(at)},v1=${hex(secret, `${seconds(at)}.${body}`)},v0=${"0".repeat(64)}`,
    }),
  },
  slack: {
    auth: { type: "hmac-sha256", header: "X-Slack-Signature" },
    sign: (secret, body, at) => ({
      "X-Slack-Request-Timestamp": String(seconds(at)),
      "X-Slack-Signature": `v0=${hex(secret, `v0:${seconds(at)}:${body}`)}`,
    }),
  },
  "standard-webhooks": {
    auth: { type: "hmac-sha256", style: "standard-webhooks" },
    sign: (secret, body, at) => ({
      "webhook-id": `msg_${hex("id", `${body}${at.getTime()}`).slice(0, 20)}`,
      "webhook-timestamp": String(seconds(at)),
      "webhook-signature": new Webhook(secret).sign(
        `msg_${hex("id", `${body}${at.getTime()}`).slice(0, 20)}`,
        at,
        body,
      ),
    }),
  },
};
