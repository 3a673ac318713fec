import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { isObject, type Json, type JsonObject } from "../../engine/json.ts";

/*
 * SendGrid's v3 Mail Send and Postmark's Email API, as their references describe them: what they demand of a request, and how they
 * answer. Both keep what they took.
 */

export interface MailProviders {
  port: number;
  taken: { provider: string; message: JsonObject }[];
  close(): void;
}

const list = (value: Json | undefined): JsonObject[] => (Array.isArray(value) ? value.filter(isObject) : []);
const MAIL = /^[^\s<>,"]+@[^\s<>,"]+$/;

/** The first rule of Mail Send that a body breaks. */
function sendgridError(body: JsonObject): string | undefined {
  const personalizations = list(body.personalizations);
  if (personalizations.length === 0)
    return "The personalizations field is required and must have at least one personalization.";
  for (const one of personalizations) {
    if (list(one.to).length === 0) return "The to array is required for all personalization objects.";
    const all = ["to", "cc", "bcc"].flatMap((name) => list(one[name]).map(({ email }) => String(email).toLowerCase()));
    if (all.some((email) => !MAIL.test(email))) return "Does not contain a valid address.";
    if (new Set(all).size !== all.length) return "Each email address in the personalization block should be unique.";
    for (const name of ["cc", "bcc"])
      if (one[name] !== undefined && list(one[name]).length === 0)
        return `The ${name} array must have at least one object.`;
  }
  if (!isObject(body.from ?? null) || !MAIL.test(String((body.from as JsonObject).email)))
    return "The from object must be provided for every email send.";
  if (typeof body.subject !== "string" || body.subject === "") return "The subject is required.";
  const types = list(body.content).map(({ type }) => type);
  if (types.length === 0) return "Unless a valid template_id is provided, the content parameter is required.";
  if (types.indexOf("text/plain") > 0)
    return "If present, text/plain and text/html may only be provided once, plain first.";
  if (list(body.content).some(({ value }) => value === ""))
    return "The content value must be a string at least one character in length.";
  if (list(body.attachments).some(({ content, filename }) => !filename || !/^[A-Za-z0-9+/=]+$/.test(String(content))))
    return "The attachment content must be base64 encoded.";
  const known = [
    "personalizations",
    "from",
    "reply_to_list",
    "subject",
    "content",
    "attachments",
    "headers",
    "custom_args",
  ];
  const unknown = Object.keys(body).find((name) => !known.includes(name));
  return unknown === undefined ? undefined : `Additional property ${unknown} is not allowed`;
}

const POSTMARK_LIST = /^(?:(?:"(?:[^"\\]|\\.)*" <[^\s<>,]+@[^\s<>,]+>|[^\s<>,"]+@[^\s<>,"]+)(?:, |$))+$/;

function postmarkError(body: JsonObject): string | undefined {
  for (const name of ["From", "To", "Cc", "Bcc", "ReplyTo"]) {
    const value = body[name];
    if (value === undefined ? name === "From" || name === "To" : !POSTMARK_LIST.test(String(value)))
      return `Invalid '${name}' address: '${String(value)}'.`;
  }
  if (body.TextBody === undefined && body.HtmlBody === undefined)
    return "Provide either email TextBody or HtmlBody or both.";
  const known = "From To Cc Bcc ReplyTo Subject TextBody HtmlBody Headers Metadata Attachments".split(" ");
  const unknown = Object.keys(body).find((name) => !known.includes(name));
  return unknown === undefined ? undefined : `Unknown field ${unknown}`;
}

async function jsonOf(request: IncomingMessage): Promise<JsonObject> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  const body: Json = JSON.parse(Buffer.concat(chunks).toString("utf8"));
  return isObject(body) ? body : {};
}

function answer(response: ServerResponse, status: number, body: JsonObject): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

/** Starts both on one port: their paths differ. */
export async function startMailProviders(keys: { sendgrid: string; postmark: string }): Promise<MailProviders> {
  const taken: MailProviders["taken"] = [];
  const server: Server = createServer(async (request, response) => {
    const body = await jsonOf(request);
    if (request.url === "/v3/mail/send") {
      if (request.headers.authorization !== `Bearer ${keys.sendgrid}`)
        return answer(response, 401, { errors: [{ message: "The provided authorization grant is invalid" }] });
      const message = sendgridError(body);
      if (message !== undefined) return answer(response, 400, { errors: [{ message, field: null, help: null }] });
      taken.push({ provider: "sendgrid", message: body });
      response.writeHead(202, { "x-message-id": `sg-${taken.length}` }).end();
    } else if (request.url === "/email") {
      if (request.headers["x-postmark-server-token"] !== keys.postmark)
        return answer(response, 401, { ErrorCode: 10, Message: "The Server Token you provided is not valid." });
      const message = postmarkError(body);
      if (message !== undefined) return answer(response, 422, { ErrorCode: 300, Message: message });
      taken.push({ provider: "postmark", message: body });
      answer(response, 200, { To: String(body.To), MessageID: `pm-${taken.length}`, ErrorCode: 0, Message: "OK" });
    } else answer(response, 404, {});
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    taken,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
