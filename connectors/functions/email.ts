import { isObject, type Json, type JsonObject } from "../../engine/json.ts";
import { firstText } from "../auth/credentials.ts";
import { given, refused, textIn, type FunctionResult, type TrustedFunction } from "./trusted-function.ts";

type Refused = Extract<FunctionResult, { ok: false }>;

/** An address as people write it: `ada@example.com`, or `Ada <ada@example.com>`. */
interface Address {
  email: string;
  name?: string;
}

interface Message {
  from: Address;
  to: Address[];
  cc: Address[];
  bcc: Address[];
  replyTo: Address[];
  subject: string;
  text: string;
  html: string;
  headers: JsonObject;
  tags: { name: string; value: string }[];
  attachments: { filename: string; content: string; type: string }[];
}

/** How a provider takes a message, and what its answer calls the message. */
interface Provider {
  base: string;
  path: string;
  body(message: Message): JsonObject;
  idOf(headers: JsonObject, body: Json): string | undefined;
}

const UNKNOWN_TYPE = "application/octet-stream";

/** `https://www.twilio.com/docs/sendgrid/api-reference/mail-send/mail-send`: 202 without a body; the id is in a header. */
const sendgrid: Provider = {
  base: "https://api.sendgrid.com",
  path: "/v3/mail/send",
  body: ({ from, to, cc, bcc, replyTo, subject, text, html, headers, tags, attachments }) => ({
    personalizations: [{ to: plain(to), ...some("cc", plain(cc)), ...some("bcc", plain(bcc)) }],
    from: { ...from },
    ...some("reply_to_list", plain(replyTo)),
    subject,
    // Plain text has to come first.
    content: [
      ...(text === "" ? [] : [{ type: "text/plain", value: text }]),
      ...(html === "" ? [] : [{ type: "text/html", value: html }]),
    ],
    ...(Object.keys(headers).length === 0 ? {} : { headers }),
    ...(tags.length === 0 ? {} : { custom_args: asMap(tags) }),
    ...some(
      "attachments",
      attachments.map(({ filename, content, type }) => ({ filename, content, type, disposition: "attachment" })),
    ),
  }),
  idOf: (headers) => firstText([headers], ["x-message-id"]),
};

/** `https://postmarkapp.com/developer/api/email-api`: 200 with `MessageID`; what it refuses is 422 with `ErrorCode`. */
const postmark: Provider = {
  base: "https://api.postmarkapp.com",
  path: "/email",
  body: ({ from, to, cc, bcc, replyTo, subject, text, html, headers, tags, attachments }) => ({
    From: written(from),
    To: listed(to),
    ...(cc.length === 0 ? {} : { Cc: listed(cc) }),
    ...(bcc.length === 0 ? {} : { Bcc: listed(bcc) }),
    ...(replyTo.length === 0 ? {} : { ReplyTo: listed(replyTo) }),
    Subject: subject,
    ...(text === "" ? {} : { TextBody: text }),
    ...(html === "" ? {} : { HtmlBody: html }),
    ...some(
      "Headers",
      Object.entries(headers).map(([Name, Value]) => ({ Name, Value })),
    ),
    ...(tags.length === 0 ? {} : { Metadata: asMap(tags) }),
    ...some(
      "Attachments",
      attachments.map(({ filename, content, type }) => ({ Name: filename, Content: content, ContentType: type })),
    ),
  }),
  idOf: (_, body) => (isObject(body) ? firstText([body], ["MessageID"]) : undefined),
};

const PROVIDERS: Readonly<Record<string, Provider>> = { sendgrid, postmark };

/**
 * Sends one message through a provider that keeps no idempotency key. The address is the connection's, else the provider's; how it
 * signs in is the connection's own business.
 */
export const sendWith: TrustedFunction = async (input, world) => {
  const name = textIn(input, "provider");
  const provider = Object.hasOwn(PROVIDERS, name) ? PROVIDERS[name] : undefined;
  if (provider === undefined)
    return refused(`\`provider\` must be one of ${Object.keys(PROVIDERS).join(", ")}`, "provider");
  const message = messageOf(input);
  if ("ok" in message) return message;
  const found = await world.connection();
  if (!found.ok) return found;
  const base = firstText([found.connection.config], ["base_url", "baseUrl", "url"]) ?? provider.base;
  const result = await world.send(
    { method: "POST", url: `${base.replace(/\/+$/, "")}${provider.path}`, body: "${input.message}", bodyType: "json" },
    { message: provider.body(message) },
  );
  if (!result.ok) return result;
  const { headers = {}, body = null } = isObject(result.output) ? result.output : {};
  return given({ id: provider.idOf(isObject(headers) ? headers : {}, body) ?? null, provider: name });
};

function messageOf(input: JsonObject): Message | Refused {
  const lists: Record<string, Address[]> = {};
  for (const member of ["from", "to", "cc", "bcc", "reply_to"]) {
    const read = addresses(input[member]);
    if (read === undefined) return refused(`\`${member}\` must be addresses such as Ada <ada@example.com>`, member);
    lists[member] = read;
  }
  const { from: [from] = [], to = [], cc = [], bcc = [], reply_to: replyTo = [] } = lists;
  if (from === undefined) return refused("`from` is missing", "from");
  if (to.length === 0) return refused("`to` is empty", "to");
  const [text, html] = [textIn(input, "text"), textIn(input, "html")];
  if (text === "" && html === "") return refused("A message needs `text` or `html`", "text");
  const { headers = {}, tags = [], attachments = [] } = input;
  return {
    ...{ from, to, cc, bcc, replyTo, text, html, subject: textIn(input, "subject") },
    headers: isObject(headers) ? headers : {},
    tags: maps(tags).map((tag) => ({ name: textIn(tag, "name"), value: textIn(tag, "value") })),
    attachments: maps(attachments).map((file) => ({
      filename: textIn(file, "filename"),
      content: textIn(file, "content"),
      type: textIn(file, "content_type") || UNKNOWN_TYPE,
    })),
  };
}

function addresses(value: Json | undefined): Address[] | undefined {
  const texts = value === undefined ? [] : Array.isArray(value) ? value : [value];
  const read = texts.map(address);
  return read.every((it) => it !== undefined) ? read : undefined;
}

/** No line breaks: in a header they would begin another one. */
function address(value: Json): Address | undefined {
  const match =
    typeof value === "string" ? /^(?:([^<>\r\n]*)<)?\s*([^\s<>,@]+@[^\s<>,@]+?)\s*>?$/.exec(value.trim()) : null;
  const [, name = "", email] = match ?? [];
  if (email === undefined) return undefined;
  const shown = name.trim().replace(/^"(.*)"$/, "$1");
  return shown === "" ? { email } : { email, name: shown };
}

/** `"Ada, Countess" <ada@example.com>`: quoted, since a comma would begin another address. */
function written({ email, name }: Address): string {
  return name === undefined ? email : `"${name.replaceAll(/["\\]/g, "\\$&")}" <${email}>`;
}

function listed(list: readonly Address[]): string {
  return list.map(written).join(", ");
}

function plain(list: readonly Address[]): JsonObject[] {
  return list.map((it) => ({ ...it }));
}

function maps(value: Json): JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

function asMap(tags: Message["tags"]): JsonObject {
  return Object.fromEntries(tags.map(({ name, value }) => [name, value]));
}

/** A member, where its list holds anything. */
function some(name: string, list: Json[]): JsonObject {
  return list.length === 0 ? {} : { [name]: list };
}
