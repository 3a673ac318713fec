import type { JsonObject } from "../../engine/json.ts";
import { serviceManifest } from "./http-manifest.ts";
import { anything, boolean, integer, map, object, open, string } from "./schema-terms.ts";

const secret = string("The signing secret: `whsec_` and base64", { "x-secret": true, minLength: 1 });
const payload = anything("What is sent: text as it is, anything else as JSON");
const target: Record<string, JsonObject> = {
  url: string("Where it goes; may be a secret", { "x-secret": true, minLength: 1 }),
  payload,
  "headers?": map("More headers; values may be secrets", { "x-secret": true }),
};
const id = string("Id of the message; without it one that is equal over all attempts", { maxLength: 200 });
const answered = open({
  status: integer("Status of the answer"),
  headers: map("Its headers, names in lower case"),
  body: anything("Its body"),
});

/** `community/webhook`: sending and checking messages that are signed by Standard Webhooks. */
export const webhook = serviceManifest(
  {
    name: "webhook",
    displayName: "Webhook",
    description: "Send webhooks, signed by Standard Webhooks or plain, and check those that others send",
    categories: ["network"],
    homepage: "https://www.standardwebhooks.com",
  },
  [
    {
      name: "send",
      description: "Posts a signed message: webhook-id, webhook-timestamp and webhook-signature are set",
      input: object({ ...target, secret, "id?": id }),
      output: answered,
      // The message's id is equal over all attempts: by it a receiver knows a repetition.
      idempotent: true,
      call: "webhook.send",
    },
    {
      name: "post",
      description: "Posts a message without a signature",
      input: object(target),
      output: answered,
      idempotent: false,
      call: "webhook.post",
    },
    {
      name: "sign",
      description: "The headers and the body of a signed message, for a step that sends it itself",
      input: object({ payload, secret, "id?": id }),
      output: object({
        headers: map("webhook-id, webhook-timestamp, webhook-signature"),
        body: string("The body that is signed"),
      }),
      idempotent: true,
      call: "webhook.sign",
    },
    {
      name: "verify",
      description: "Whether a message is signed with this secret and at most five minutes old",
      input: object({
        payload: string("The body, exactly as it came"),
        headers: map("The headers that came with it"),
        secret,
      }),
      output: object({ valid: boolean("Whether it is"), "reason?": string("Why not") }),
      idempotent: true,
      call: "webhook.verify",
    },
  ],
);
