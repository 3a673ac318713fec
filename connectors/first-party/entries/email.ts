import type { ConnectorEntry } from "./entry.ts";

const mail = {
  from: "shop@example.com",
  to: "ada@example.com",
  subject: "Your order",
  text: "It is on its way.",
};
const id = "49a3999c-0ce1-4ea6-ab68-afcd6dc2e794";

export const emailEntry: ConnectorEntry = {
  about: `Mail through an HTTP provider; there is no SMTP on this platform. \`send_with\` speaks to SendGrid and Postmark, the other actions to Resend.

**Connection.** Of the provider's key; \`base_url\` names another address of the same API. The sender's domain must be verified there.

| provider | connection |
|---|---|
| Resend | \`{"type": "BEARER", "values": {"token": "re_…"}}\` |
| SendGrid | \`{"type": "BEARER", "values": {"token": "SG.…"}}\` |
| Postmark | \`{"type": "API_KEY", "values": {"api_key": "…", "name": "X-Postmark-Server-Token"}}\` |

Resend keeps the \`Idempotency-Key\` that every attempt carries for a day: an attempt that is repeated after a crash sends no second mail. SendGrid and
Postmark keep none. There an attempt whose outcome nobody knows fails the step instead of being repeated.`,
  examples: [
    { action: "send", title: "A text", input: mail, output: { id } },
    {
      action: "send_with",
      title: "By SendGrid",
      input: { provider: "sendgrid", ...mail, to: ["Ada <ada@example.com>", "bob@example.com"] },
      output: { id: "QYbUqUJ8RxqYqYkBHcC1Gw", provider: "sendgrid" },
    },
    {
      action: "send_batch",
      title: "Two at once",
      input: { messages: [mail, { ...mail, to: ["bob@example.com"] }] },
      output: [{ id }, { id: "5b0c8a2e-7a0e-4c0e-9a55-0c8b8b8b6c11" }],
    },
    { action: "get", title: "Did it arrive?", input: { id }, output: { id, last_event: "delivered" } },
    { action: "cancel", title: "Not after all", input: { id }, output: { id } },
  ],
};
