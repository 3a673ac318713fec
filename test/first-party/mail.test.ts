import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { OpenConnection } from "../../connectors/auth/credentials.ts";
import { email } from "../../connectors/first-party/email.ts";
import type { InvokeDeps } from "../../connectors/attempt/invoke-deps.ts";
import { pinAction } from "../../connectors/manifest/pin-action.ts";
import type { JsonObject } from "../../engine/json.ts";
import { invokeThere } from "./invoke-there.ts";
import { type MailProviders, startMailProviders } from "./mail-providers.ts";

/* One message by every provider that keeps no idempotency key: what each takes, refuses and answers. */

const KEYS = { sendgrid: "SG.firstparty", postmark: "pm-firstparty-token" };
const CONNECTIONS: Record<string, OpenConnection> = {
  sendgrid: { id: "c", type: "BEARER", config: { base_url: "http://mail.test" }, values: { token: KEYS.sendgrid } },
  postmark: {
    id: "c",
    type: "API_KEY",
    config: { base_url: "http://mail.test/", name: "X-Postmark-Server-Token" },
    values: { api_key: KEYS.postmark },
  },
};
let providers: MailProviders;
beforeAll(async () => {
  providers = await startMailProviders(KEYS);
});
afterAll(() => providers?.close());
beforeEach(() => providers.taken.splice(0));

const message = {
  from: "Shop <shop@example.com>",
  to: "ada@example.com",
  subject: "Your order",
  text: "It is on its way.",
};

function send(
  provider: string,
  more: JsonObject = {},
  connection = CONNECTIONS[provider],
  change: Partial<InvokeDeps> = {},
) {
  const there = { what: "as documented", hosts: { "mail.test:80": `127.0.0.1:${providers.port}` }, connection };
  return invokeThere(email, "send_with", { provider, ...message, ...more }, there, {}, change);
}

describe.each(["sendgrid", "postmark"])("mail by %s", (provider) => {
  test("everything a message can have arrives as the provider wants it", async () => {
    const result = await send(provider, {
      to: ['"Lovelace, Ada" <ada@example.com>', "bob@example.com"],
      cc: "c@example.com",
      bcc: ["d@example.com"],
      reply_to: "help@example.com",
      html: "<p>${secrets.X} {{ x }}</p>",
      headers: { "X-Order": "7" },
      tags: [{ name: "kind", value: "order" }],
      attachments: [{ filename: "a.txt", content: "aGk=" }],
    });
    expect(result).toMatchObject({ ok: true, output: { provider, id: provider === "sendgrid" ? "sg-1" : "pm-1" } });
    expect(providers.taken).toEqual([
      {
        provider,
        message:
          provider === "sendgrid"
            ? {
                personalizations: [
                  {
                    to: [{ email: "ada@example.com", name: "Lovelace, Ada" }, { email: "bob@example.com" }],
                    cc: [{ email: "c@example.com" }],
                    bcc: [{ email: "d@example.com" }],
                  },
                ],
                from: { email: "shop@example.com", name: "Shop" },
                reply_to_list: [{ email: "help@example.com" }],
                subject: "Your order",
                content: [
                  { type: "text/plain", value: "It is on its way." },
                  { type: "text/html", value: "<p>${secrets.X} {{ x }}</p>" },
                ],
                headers: { "X-Order": "7" },
                custom_args: { kind: "order" },
                attachments: [
                  { filename: "a.txt", content: "aGk=", type: "application/octet-stream", disposition: "attachment" },
                ],
              }
            : {
                From: '"Shop" <shop@example.com>',
                To: '"Lovelace, Ada" <ada@example.com>, bob@example.com',
                Cc: "c@example.com",
                Bcc: "d@example.com",
                ReplyTo: "help@example.com",
                Subject: "Your order",
                TextBody: "It is on its way.",
                HtmlBody: "<p>${secrets.X} {{ x }}</p>",
                Headers: [{ Name: "X-Order", Value: "7" }],
                Metadata: { kind: "order" },
                Attachments: [{ Name: "a.txt", Content: "aGk=", ContentType: "application/octet-stream" }],
              },
      },
    ]);
  });

  test("a wrong key and a refused message fail with the provider's words, without the key", async () => {
    const connection = CONNECTIONS[provider];
    if (connection === undefined) throw new Error("no connection");
    const wrong = await send(
      provider,
      {},
      { ...connection, values: { token: "SG.wrong-one", api_key: "pm-wrong-one" } },
    );
    expect(wrong).toMatchObject({ ok: false, error: { code: "BACKEND_ERROR", details: { status: 401 } } });
    expect(JSON.stringify(wrong)).not.toContain("wrong-one");
    const refused = await send(
      provider,
      provider === "sendgrid" ? { cc: "ada@example.com" } : { to: 'a"da@example.com' },
    );
    expect(refused).toMatchObject({ ok: false, error: { details: { status: provider === "sendgrid" ? 400 : 422 } } });
    expect(providers.taken).toEqual([]);
  });

  test("without a connection's own address it goes to the provider's", async () => {
    const urls: string[] = [];
    const connection = CONNECTIONS[provider];
    const fetch = async (target: string | URL | Request) => {
      urls.push(String(target));
      return Response.json({ MessageID: "m" }, { headers: { "x-message-id": "m" } });
    };
    const change = { fetch } as Partial<InvokeDeps>;
    const { base_url: _, ...config } = connection?.config ?? {};
    await send(provider, {}, connection && { ...connection, config }, change);
    expect(urls).toEqual([
      provider === "sendgrid" ? "https://api.sendgrid.com/v3/mail/send" : "https://api.postmarkapp.com/email",
    ]);
  });
});

test.each([
  [{ to: "ada@example.com\nBcc: x@example.com" }, "to"],
  [{ to: [] }, "to"],
  [{ from: "nobody" }, "from"],
  [{ to: "ada@a@b.example" }, "to"],
  [{ text: "" }, "text"],
])("%j is refused before anything is sent", async (more, field) => {
  expect(await send("postmark", more)).toMatchObject({ ok: false, error: { code: "VALIDATION", details: { field } } });
  expect(providers.taken).toEqual([]);
});

test("an attempt whose outcome nobody knows is not repeated, for there is no key that would tell", () => {
  expect(pinAction(email, "send_with")?.idempotent).toBe(false);
  expect(pinAction(email, "send")?.idempotent).toBe(true);
});
