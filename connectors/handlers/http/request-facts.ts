import { utf8Length } from "../../../engine/expressions/limits.ts";
import { type Failed, failed } from "../../failed.ts";
import type { Masker } from "../../mask.ts";
import type { BuiltRequest } from "./direct-request.ts";

/** What must be known of a request before it leaves. */
export interface RequestFacts {
  /** As it goes out, about: request line, headers and body. */
  bytes: number;
  /** Names of headers whose value is or holds something that was revealed. */
  credentialHeaders: string[];
  bodyIsSecret: boolean;
}

export function requestFacts(request: BuiltRequest, masker: Masker): RequestFacts {
  const { url, headers, body } = request;
  const credentialHeaders: string[] = [];
  let bytes = url.length;
  for (const [name, value] of headers) {
    bytes += name.length + value.length + 4;
    if (!masker.isEmpty && masker.text(value) !== value) credentialHeaders.push(name);
  }
  return { bytes: bytes + bodyBytes(body), credentialHeaders, bodyIsSecret: holdsSecret(request, masker) };
}

/** Bytes of a body hide no secret: each becomes one character, and what `bodyText` has was put in before it was encoded. */
function holdsSecret({ body, bodyText }: BuiltRequest, masker: Masker): boolean {
  if (body === undefined || masker.isEmpty) return false;
  const texts = [bodyText ?? ""];
  if (body instanceof FormData) texts.push(JSON.stringify([...body]));
  else if (body instanceof Uint8Array) texts.push(latin1(body));
  else texts.push(body.toString());
  return texts.some((text) => masker.text(text) !== text);
}

function latin1(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 8_192) text += String.fromCharCode(...bytes.subarray(at, at + 8_192));
  return text;
}

function bodyBytes(body: BuiltRequest["body"]): number {
  if (body === undefined) return 0;
  if (typeof body === "string") return utf8Length(body);
  if (body instanceof Uint8Array) return body.byteLength;
  if (body instanceof URLSearchParams) return body.toString().length;
  let bytes = 0;
  for (const [name, value] of body) {
    bytes += name.length + (typeof value === "string" ? utf8Length(value) : value.size);
  }
  return bytes;
}

const OFTEN_CREDENTIALS = ["authorization", "proxy-authorization", "cookie"];

/** Takes every credential out of a request for another origin; a failure where the body holds one. */
export function withoutCredentials(request: BuiltRequest, masker: Masker): Failed | undefined {
  const { credentialHeaders, bodyIsSecret } = requestFacts(request, masker);
  for (const name of [...OFTEN_CREDENTIALS, ...credentialHeaders]) request.headers.delete(name);
  if (!bodyIsSecret) return undefined;
  const details = { reason: "egress", rule: "a secret in the body stays with its origin" };
  return failed("FORBIDDEN", "The next page stands at another origin, which may not get the body", details, true);
}
