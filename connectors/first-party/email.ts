import type { JsonObject } from "../../engine/json.ts";
import { fromInput, inputMembers, serviceManifest } from "./http-manifest.ts";
import { list, map, object, oneOf, open, string } from "./schema-terms.ts";

const addresses = (description: string): JsonObject => ({
  description: `${description}: one address, or a list; "Name <address>" gives a name`,
  type: ["string", "array"],
  items: { type: "string" },
});
const message: Record<string, JsonObject> = {
  from: string("The sender, of a domain that the provider has verified: address, or Name <address>", { minLength: 3 }),
  to: addresses("To whom"),
  subject: string("The subject"),
  "text?": string("The text"),
  "html?": string("The text as HTML"),
  "cc?": addresses("Copies"),
  "bcc?": addresses("Copies that others do not see"),
  "reply_to?": addresses("Where answers go"),
  "headers?": map("More headers of the message", { additionalProperties: { type: "string" } }),
  "tags?": list("Marks for the provider's statistics", object({ name: string("Name"), value: string("Value") })),
  "attachments?": list(
    "Files",
    object({
      filename: string("Name of the file"),
      "content?": string("The file in base64"),
      "path?": string("URL that the provider fetches it from"),
      "content_type?": string("Its content type"),
    }),
  ),
};
/** Files come with the message: these providers fetch none. */
const whole: Record<string, JsonObject> = {
  ...message,
  "attachments?": list(
    "Files",
    object({
      filename: string("Name of the file"),
      content: string("The file in base64"),
      "content_type?": string("Its content type"),
    }),
  ),
};
const MEMBERS = Object.keys(message).map((name) => name.replace("?", ""));
const sent = open({ id: string("The provider's id of the message") });

/** `community/email`: mail through Resend, or what speaks its API, and through SendGrid and Postmark. */
export const email = serviceManifest(
  {
    name: "email",
    displayName: "Email",
    description: "Send mail through an HTTP provider (Resend, SendGrid, Postmark), and see what became of it",
    categories: ["communication"],
    homepage: "https://resend.com/docs/api-reference",
    auth: { type: "BEARER" },
    baseUrl: "https://api.resend.com",
    headers: { "user-agent": "smartify-cloud" },
  },
  [
    {
      name: "send",
      description: "Sends a message; a repeated attempt sends no second one",
      input: object({ ...message, "scheduled_at?": string("When it is to go, ISO 8601, instead of now") }),
      output: sent,
      // The provider keeps the idempotency key, which every attempt carries, for a day.
      idempotent: true,
      call: "POST /emails",
      request: { body: inputMembers(...MEMBERS, "scheduled_at"), response: { extract: "$" } },
    },
    {
      name: "send_with",
      description:
        "Sends a message through SendGrid or Postmark; an attempt whose outcome nobody knows is not repeated, since they keep no key",
      input: object({ provider: oneOf("Whose API the connection is for", ["sendgrid", "postmark"]), ...whole }),
      output: open({
        id: { description: "The provider's id of the message", type: ["string", "null"] },
        provider: string("Who took it"),
      }),
      idempotent: false,
      call: "email.send_with",
    },
    {
      name: "send_batch",
      description: "Sends up to 100 messages at once; a repeated attempt sends none a second time",
      input: object({ messages: { ...list("The messages", object(message)), minItems: 1, maxItems: 100 } }),
      output: list("The provider's ids, in order", sent),
      idempotent: true,
      call: "POST /emails/batch",
      request: { body: fromInput("messages"), response: { extract: "$.data" } },
    },
    {
      name: "get",
      description: "A message and what became of it",
      input: object({ id: string("The provider's id of the message", { minLength: 1 }) }),
      output: open({ id: string("Its id"), last_event: string("What happened last: sent, delivered, bounced …") }),
      idempotent: true,
      call: "GET /emails/{id}",
      request: { response: { extract: "$" } },
    },
    {
      name: "cancel",
      description: "Calls back a message that is scheduled for later",
      input: object({ id: string("The provider's id of the message", { minLength: 1 }) }),
      output: sent,
      idempotent: true,
      call: "POST /emails/{id}/cancel",
      request: { body: {}, response: { extract: "$" } },
    },
  ],
);
