import type { JsonObject } from "../../engine/json.ts";
import { inputMembers, serviceManifest } from "./http-manifest.ts";
import { anything, boolean, integer, list, map, object, open, string } from "./schema-terms.ts";

const channel = string("Id of the channel, such as C0123456789; to post, a name such as #general does too", {
  minLength: 1,
});
const content: Record<string, JsonObject> = {
  "text?": string("The text, in Slack's mrkdwn; with blocks it is what notifications show"),
  "blocks?": list("Block Kit blocks", { type: "object" }),
  "attachments?": list("Attachments", { type: "object" }),
};
const posted = open({
  ok: boolean("true"),
  "channel?": string("Id of the channel"),
  "ts?": string("Id of the message in its channel"),
  "message?": map("The message"),
});
/** Slack answers 200 to everything; whether it went well stands in the body. */
const response = { extract: "$", success: { path: "$.ok", code: "$.error" } };
const done = open({ ok: boolean("true") });

/** `community/slack`: messages, channels and people of a Slack workspace. */
export const slack = serviceManifest(
  {
    name: "slack",
    // The version that the public examples pin.
    version: "1.2.0",
    displayName: "Slack",
    description: "Post and change messages, find channels and people",
    categories: ["communication"],
    homepage: "https://api.slack.com/methods",
    auth: { type: "BEARER" },
    baseUrl: "https://slack.com/api",
  },
  [
    {
      name: "post_message",
      description: "Posts a message (chat.postMessage)",
      input: object({
        channel,
        ...content,
        "thread_ts?": string("Id of the message to answer to"),
        "reply_broadcast?": boolean("Show the answer in the channel too"),
        "unfurl_links?": boolean("Show previews of links"),
        "username?": string("Name to post under"),
        "icon_emoji?": string("Picture to post under, such as :robot_face:"),
      }),
      output: posted,
      idempotent: false,
      call: "POST /chat.postMessage",
      request: {
        body: inputMembers(
          "channel",
          "text",
          "blocks",
          "attachments",
          "thread_ts",
          "reply_broadcast",
          "unfurl_links",
          "username",
          "icon_emoji",
        ),
        response,
      },
    },
    {
      name: "update_message",
      description: "Changes a message (chat.update)",
      input: object({ channel, ts: string("Id of the message", { minLength: 1 }), ...content }),
      output: open({ ok: boolean("true"), channel: string("Id of the channel"), ts: string("Id of the message") }),
      idempotent: true,
      call: "POST /chat.update",
      request: { body: inputMembers("channel", "ts", "text", "blocks", "attachments"), response },
    },
    {
      name: "list_channels",
      description: "A page of the channels (conversations.list)",
      input: object({
        "types?": string("Kinds of conversations, between commas", { default: "public_channel" }),
        "exclude_archived?": boolean("Leave out what is archived", { default: true }),
        "limit?": integer("How many a page", { default: 200, minimum: 1, maximum: 1_000 }),
        "cursor?": string("`response_metadata.next_cursor` of the page before"),
      }),
      output: open({
        ok: boolean("true"),
        channels: list(
          "The channels",
          open({ id: string("Id"), name: string("Name"), is_archived: boolean("Whether it is archived") }),
        ),
      }),
      idempotent: true,
      call: "POST /conversations.list",
      request: { body: inputMembers("types", "exclude_archived", "limit", "cursor"), bodyType: "form", response },
    },
    {
      name: "lookup_user_by_email",
      description: "The person with this address (users.lookupByEmail)",
      input: object({ email: string("The address", { minLength: 3 }) }),
      output: open({
        id: string("Id of the person"),
        name: string("Name"),
        profile: map("What they say of themselves"),
      }),
      idempotent: true,
      call: "POST /users.lookupByEmail",
      request: { body: inputMembers("email"), bodyType: "form", response: { ...response, extract: "$.user" } },
    },
    {
      name: "add_reaction",
      description: "Puts an emoji under a message (reactions.add)",
      input: object({
        channel,
        timestamp: string("Id of the message", { minLength: 1 }),
        name: string("Name of the emoji, without colons", { minLength: 1 }),
      }),
      output: done,
      idempotent: true,
      call: "POST /reactions.add",
      request: { body: inputMembers("channel", "timestamp", "name"), response },
    },
    {
      name: "incoming_webhook",
      description: "Posts to an incoming webhook: it needs no connection, its URL is the credential",
      input: object({
        url: string("The webhook's URL; usually a secret", { "x-secret": true, minLength: 1 }),
        ...content,
        "thread_ts?": string("Id of the message to answer to"),
      }),
      output: open({ status: integer("200"), body: anything("ok") }),
      idempotent: false,
      call: "slack.incoming_webhook",
    },
  ],
);
